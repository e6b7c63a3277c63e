// blockwatchd: reads the configuration, runs the service until a signal, ends with the contract's exit codes.
#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "base/out_of_resources.h"
#include "config/load.h"
#include "daemon/signals.h"
#include "daemon/wiring.h"

namespace blockwatch {
namespace {

ExitCode report(const Diagnostics& diagnostics) {
  for (const Diagnostic& d : diagnostics.all()) std::fprintf(stderr, "%s\n", to_text(d).c_str());
  return ExitCode::bad_config;
}

ExitCode print_config(const std::string& path) {
  Diagnostics diagnostics;
  const std::optional<LoadedSettings> loaded = load_settings(path, diagnostics);
  if (!loaded) return report(diagnostics);
  for (const EffectiveSetting& s : loaded->effective) {
    std::printf("%s = %s  # %s\n", s.key.c_str(), s.value.c_str(), s.origin.c_str());
  }
  std::printf("# memory: %s\n", to_text(loaded->settings.memory).c_str());
  return ExitCode::ok;
}

ExitCode run(const std::string& path, bool check_only) {
  std::atomic<bool> stop{false};
  std::atomic<bool> reload{false};
  const Signals signals(stop, &reload);
  Diagnostics diagnostics;
  const std::optional<Configuration> configuration = load_configuration(path, diagnostics);
  if (!configuration) return report(diagnostics);
  const std::string memory = to_text(configuration->settings().memory);
  if (check_only) std::printf("memory: %s\n", memory.c_str());
  if (check_only) return ExitCode::ok;
  log::configure(configuration->settings().log_level, configuration->settings().log_format);
  log::info("starting", "blockwatchd starts", {{"version", BLOCKWATCH_VERSION}, {"config", path}});
  log::info("memory_budget", "what each part may hold: " + memory,
            {{"bytes_max", configuration->settings().memory.total()}});
  if (const auto done = run_service(*configuration, path, {stop, reload}, nullptr); !done) {
    log::error("fatal", done.error().message, {{"exit", static_cast<int>(done.error().code)}});
    return done.error().code;
  }
  return ExitCode::ok;
}

}  // namespace
}  // namespace blockwatch

int main(int argc, char** argv) {
  using blockwatch::ExitCode;
  blockwatch::end_where_resources_are_out();
  umask(0077);  // the state holds who asked about whom; nobody else reads it
  CLI::App app("blockwatchd counts query events by agency and raises an alert when a blocked agency asks.",
               "blockwatchd");
  std::string config;
  bool check = false;
  bool print = false;
  app.add_option("--config", config, "The configuration file (blockwatchd.toml)")
      ->required()
      ->type_name("FILE");
  app.add_flag("--check", check, "Read and check everything, then exit: 0 = good, 78 = not");
  app.add_flag("--print-config", print, "Print every setting in force and where it came from, then exit");
  app.set_version_flag("--version", std::string("blockwatchd ") + BLOCKWATCH_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  return static_cast<int>(print ? blockwatch::print_config(config) : blockwatch::run(config, check));
}
