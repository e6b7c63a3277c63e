#include "cli/configuration.h"

#include <cstdio>

namespace blockwatch {

void add_config_option(CLI::App& command, std::string& path) {
  command.add_option("--config", path, "The daemon's configuration file")->required()->type_name("FILE");
}

void print_diagnostics(const Diagnostics& diagnostics) {
  for (const auto& d : diagnostics.all()) std::fprintf(stderr, "%s\n", to_text(d).c_str());
  std::fprintf(stderr, "%zu %s\n", diagnostics.size(), diagnostics.size() == 1 ? "error" : "errors");
}

}  // namespace blockwatch
