// `blockwatch repair --rollback`: a state whose write-ahead log is damaged goes back to the point before the
// damage.
#include <cstdio>
#include <memory>
#include <string>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/check_state.h"
#include "cli/commands.h"
#include "cli/state_owner.h"
#include "state/rollback.h"
#include "state/store.h"

namespace blockwatch {
namespace {

struct RepairOptions {
  std::string state_dir;
  bool rollback = false;
};

Expected<std::string> repair(const std::string& dir) {
  if (auto owned = check_is_owner(dir, "repair --rollback"); !owned) return tl::unexpected(owned.error());
  const auto done = roll_back(dir, wall_clock_now());
  if (!done) return tl::unexpected(done.error());
  const auto checked = check_state(dir);
  if (!checked) return tl::unexpected(checked.error());
  if (!*done) return std::string("the state opens as it is; nothing was done");
  std::string out = "went back to the point before the damage; counting goes on at";
  for (const Rollback::Position& p : (*done)->positions)
    out += " partition " + std::to_string(p.partition) + " offset " + std::to_string(p.next_offset) + ",";
  return out + " as far as the topic still has it. The damaged log is kept in rolled-back-" +
         format_time((*done)->at) +
         ". Alerts of what is counted again are sent again, under the same ids. Start the daemon";
}

int run_repair(const RepairOptions& options) {
  const auto done = repair(options.state_dir);
  if (!done) return print_error(done.error());
  std::printf("%s: %s.\n", options.state_dir.c_str(), done->c_str());
  return 0;
}

}  // namespace

void add_repair_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("repair", "Make a damaged state one that opens; the daemon must be stopped");
  auto options = std::make_shared<RepairOptions>();
  command->add_option("--state-dir", options->state_dir, "The daemon's state.dir")
      ->required()
      ->type_name("DIR");
  command
      ->add_flag(
          "--rollback", options->rollback,
          "Give up what was committed behind the damage of the write-ahead log; it is counted again from "
          "the topic, and recorded")
      ->required();
  command->callback([options, &exit_code] { exit_code = run_repair(*options); });
}

}  // namespace blockwatch
