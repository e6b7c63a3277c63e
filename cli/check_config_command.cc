#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/table.h"

namespace blockwatch {
namespace {

struct CheckOptions {
  std::string config;
  bool json = false;
};

nlohmann::ordered_json to_json(const Diagnostics& diagnostics) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& d : diagnostics.all()) {
    list.push_back({{"file", d.file}, {"line", d.line}, {"col", d.col}, {"what", d.what}, {"hint", d.hint}});
  }
  return {{"ok", diagnostics.empty()}, {"diagnostics", list}};
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return with_separators(std::to_string(n)) + " " + (n == 1 ? one : many);
}

std::string summary(const std::string& path, const Configuration& c) {
  const auto watches = static_cast<std::size_t>(std::count_if(c.policy.rules.begin(), c.policy.rules.end(),
                                                              [](const PolicyRule& r) { return r.watch; }));
  return path + " is good\n  policy  " + c.policy.digest + "  " +
         counted(c.policy.rules.size() - watches, "block", "blocks") + ", " +
         counted(watches, "watch", "watches") + "\n  catalog " + c.catalog.digest + "  " +
         counted(c.catalog.nodes.size() - kReservedAgencies.size(), "agency", "agencies") + ", " +
         counted(c.catalog.oris.size(), "row of ORIs", "rows of ORIs") + "\n";
}

int run_check(const CheckOptions& options) {
  Diagnostics diagnostics;
  const auto configuration = load_configuration(options.config, diagnostics);
  if (options.json) {
    std::puts(
        to_json(diagnostics).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
  } else if (configuration) {
    std::fputs(summary(options.config, *configuration).c_str(), stdout);
  } else {
    print_diagnostics(diagnostics);
  }
  return static_cast<int>(configuration ? ExitCode::ok : ExitCode::bad_config);
}

}  // namespace

void add_check_config_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "check-config", "Check configuration, policy and catalog; shows everything wrong at once");
  auto options = std::make_shared<CheckOptions>();
  add_config_option(*command, options->config);
  command->add_flag("--json", options->json, "Diagnostics as JSON on standard output");
  command->callback([options, &exit_code] { exit_code = run_check(*options); });
}

}  // namespace blockwatch
