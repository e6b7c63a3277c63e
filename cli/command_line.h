// `blockwatch` as a function: all subcommands in one parser.
#pragma once

namespace blockwatch {

/// Parses the words, runs the subcommand, prints; the exit code (base/error.h; 64 for words that do not
/// parse).
int run_command_line(int argc, const char* const* argv);

}  // namespace blockwatch
