#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/terminal.h"
#include "daemon/signals.h"
#include "daemon/wiring.h"

namespace blockwatch {
namespace {

struct ReplayWords {
  std::string config;
  std::vector<std::string> inputs;
  std::string as_of;
  bool deliver = false;
  std::string history;
};

std::string figure(std::uint64_t n) {
  return with_separators(std::to_string(n));
}

// What the state holds now, from the state itself.
Expected<void> print_summary(const std::string& state_dir, bool stopped, double seconds) {
  const auto store = Store::open(state_dir, Store::Access::read);
  if (!store) return tl::unexpected<Error>(store.error());
  const auto snapshot = (*store)->snapshot();
  PartitionProgress sum;
  const auto partitions = snapshot->partitions();
  for (const auto& p : partitions) {
    sum.counted += p.counted;
    sum.duplicate += p.duplicate;
    sum.rejected += p.rejected;
    sum.out_of_scope += p.out_of_scope;
  }
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "%.1f s", seconds);
  std::string out = std::string(stopped ? "Stopped" : "Done") + " after " + time.data() + ". " + state_dir +
                    " holds " + figure(sum.consumed()) + " records of " + figure(partitions.size()) +
                    (partitions.size() == 1 ? " partition:\n  " : " partitions:\n  ") + figure(sum.counted) +
                    " counted, " + figure(sum.duplicate) + " duplicate, " + figure(sum.rejected) +
                    " rejected, " + figure(sum.out_of_scope) + " out of scope\n";
  if (const auto as_of = snapshot->as_of()) out += "  as of " + format_time(*as_of) + '\n';
  std::fputs(out.c_str(), stdout);
  return {};
}

int run_replay_command(const ReplayWords& words) {
  ReplayOptions options;
  options.inputs = words.inputs;
  options.deliver = words.deliver;
  if (!words.as_of.empty()) {
    const auto as_of = read_as_of(words.as_of);
    if (!as_of) return print_error(as_of.error());
    options.as_of = *as_of;
  }
  Diagnostics diagnostics;
  const auto configuration = load_configuration(words.config, diagnostics);
  if (!configuration) {
    print_diagnostics(diagnostics);
    return static_cast<int>(ExitCode::bad_config);
  }
  if (!words.history.empty()) {
    options.history = read_policy_history(words.history, *configuration, diagnostics);
    if (!options.history) {
      print_diagnostics(diagnostics);
      return static_cast<int>(ExitCode::bad_config);
    }
  }
  const auto& settings = configuration->settings();
  // Delivered alerts may go to the log; without them only trouble belongs between the lines of a command.
  log::configure(words.deliver ? settings.log_level : std::max(settings.log_level, log::Level::warning),
                 settings.log_format);
  std::atomic<bool> stop{false};
  const Signals signals(stop);
  ProgressBar bar;
  options.progress = [&](std::uint64_t records, double share) { bar.show(records, share); };
  const auto result = run_replay(*configuration, options, stop);
  const double seconds = bar.seconds();
  bar.finish();
  if (!result) return print_error(result.error());
  if (const auto printed = print_summary(settings.state_dir, stop, seconds); !printed)
    return print_error(printed.error());
  if (!stop) return static_cast<int>(ExitCode::ok);
  return print_error(
      {ExitCode::temporary,
       "stopped by a signal before the end of the input (the same command goes on from here)"});
}

}  // namespace

void add_replay_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("replay", "Count files, or a topic, to their end and stop");
  auto words = std::make_shared<ReplayWords>();
  add_config_option(*command, words->config);
  command
      ->add_option(
          "--input", words->inputs,
          "NDJSON files (.gz and .zst too; - is standard input) instead of the configured source: partitions "
          "0, 1, … in the order given")
      ->type_name("FILE");
  command
      ->add_option(
          "--as-of", words->as_of,
          "For files: the time that future and too old events are told by. Default: now, kept in the state")
      ->type_name("TIME");
  command
      ->add_option("--policy-history", words->history,
                   "Judge each event by the policy and catalog that this folder records for its time, not by "
                   "the configured ones (`blockwatch policy export` writes such a folder)")
      ->type_name("DIR");
  command->add_flag("--deliver", words->deliver, "Also send the notifications to the configured outputs");
  command->callback([words, &exit_code] { exit_code = run_replay_command(*words); });
}

}  // namespace blockwatch
