// The command line for operators and auditors. Exit codes: base/error.h; a word that does not parse is 64.
#include <curl/curl.h>

#include "base/error.h"
#include "cli/commands.h"

namespace {

// Help and version are no errors; every other word that does not parse is a usage error.
int exit_code_of(const CLI::App& app, const CLI::ParseError& error) {
  return app.exit(error) == 0 ? 0 : static_cast<int>(blockwatch::ExitCode::usage);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("blockwatch: who asked for drivers' data, what was disclosed, and whether blocks hold", "blockwatch");
  app.require_subcommand(1);
  app.fallthrough(false);
  int exit_code = 0;
  blockwatch::add_report_command(app, exit_code);
  blockwatch::add_alerts_command(app, exit_code);
  blockwatch::add_completeness_command(app, exit_code);
  blockwatch::add_replay_command(app, exit_code);
  blockwatch::add_check_config_command(app, exit_code);
  blockwatch::add_generate_command(app, exit_code);
  blockwatch::add_demo_command(app, exit_code);
  blockwatch::add_version_command(app, exit_code);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = exit_code_of(app, error);
  }
  curl_global_cleanup();
  return exit_code;
}
