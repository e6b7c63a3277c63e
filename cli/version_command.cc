#include <cstdio>

#include "cli/commands.h"

namespace blockwatch {

void add_version_command(CLI::App& app, int& exit_code) {
  app.set_version_flag("--version", "blockwatch " BLOCKWATCH_VERSION, "Print the version and exit");
  auto* command = app.add_subcommand("version", "Print the version");
  command->callback([&exit_code] {
    std::puts("blockwatch " BLOCKWATCH_VERSION);
    exit_code = 0;
  });
}

}  // namespace blockwatch
