// `--config F` of the commands that read one, and its diagnostics on standard error.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/time.h"
#include "config/load.h"

namespace blockwatch {

void add_config_option(CLI::App& command, std::string& path);

/// The value of `--as-of`: RFC 3339, or a plain date = 00:00 UTC.
Expected<TimeNs> read_as_of(const std::string& text);

/// One line each, then how many.
void print_diagnostics(const Diagnostics& diagnostics);

}  // namespace blockwatch
