// `blockwatch fsck`: whether a state agrees with itself. Exit 65 if it does not.
#include <memory>
#include <string>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "query/fsck.h"
#include "state/store.h"

namespace blockwatch {
namespace {

struct FsckOptions {
  std::string state_dir;
  OutputFormat format = OutputFormat::table;
};

int run_fsck(const FsckOptions& options) {
  const auto store = Store::open(options.state_dir, Store::Access::read);
  if (!store) return print_error(store.error());
  const auto checks = fsck(**store);
  if (!checks) return print_error(checks.error());
  const int printed = print_answer(fsck_json(*checks), options.format, {fsck_text, fsck_csv});
  if (printed != 0 || wrong_of(*checks) == 0) return printed;
  return static_cast<int>(ExitCode::state_damaged);
}

}  // namespace

void add_fsck_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "fsck",
      "Whether a state agrees with itself: pages, evidence, offsets, incidents, notifications, versions");
  auto options = std::make_shared<FsckOptions>();
  command->add_option("--state-dir", options->state_dir, "A state that no daemon holds, or a backup")
      ->required()
      ->type_name("DIR");
  add_format_option(*command, options->format);
  command->callback([options, &exit_code] { exit_code = run_fsck(*options); });
}

}  // namespace blockwatch
