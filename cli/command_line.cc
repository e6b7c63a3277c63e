#include "cli/command_line.h"

#include "base/error.h"
#include "cli/commands.h"

namespace blockwatch {

int run_command_line(int argc, const char* const* argv) {
  CLI::App app("blockwatch: who asked for drivers' data, what was disclosed, and whether blocks hold",
               "blockwatch");
  app.require_subcommand(1);
  int exit_code = 0;
  add_report_command(app, exit_code);
  add_alerts_command(app, exit_code);
  add_completeness_command(app, exit_code);
  add_gaps_command(app, exit_code);
  add_policy_command(app, exit_code);
  add_rejects_command(app, exit_code);
  add_status_command(app, exit_code);
  add_backup_commands(app, exit_code);
  add_fsck_command(app, exit_code);
  add_repair_command(app, exit_code);
  add_explain_command(app, exit_code);
  add_replay_command(app, exit_code);
  add_check_config_command(app, exit_code);
  add_generate_command(app, exit_code);
  add_demo_command(app, exit_code);
  add_version_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version arrive here too and are no errors; CLI11's own codes are not the contract's.
    exit_code = app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  return exit_code;
}

}  // namespace blockwatch
