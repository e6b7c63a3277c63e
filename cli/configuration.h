// `--config F` of the commands that read one, and its diagnostics on standard error.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "config/load.h"

namespace blockwatch {

void add_config_option(CLI::App& command, std::string& path);

/// One line each, then how many.
void print_diagnostics(const Diagnostics& diagnostics);

}  // namespace blockwatch
