#include "cli/configuration.h"

#include <cstdio>

namespace blockwatch {

void add_config_option(CLI::App& command, std::string& path) {
  command.add_option("--config", path, "The daemon's configuration file")->required()->type_name("FILE");
}

Expected<TimeNs> read_as_of(const std::string& text) {
  if (const auto day = parse_date(text)) return *day;
  if (const auto time = parse_rfc3339(text)) return *time;
  return fail(ExitCode::usage,
              "bad --as-of '" + text + "' (RFC 3339 with offset, or a plain date = 00:00 UTC)");
}

void print_diagnostics(const Diagnostics& diagnostics) {
  for (const auto& d : diagnostics.all()) std::fprintf(stderr, "%s\n", to_text(d).c_str());
  std::fprintf(stderr, "%zu %s\n", diagnostics.size(), diagnostics.size() == 1 ? "error" : "errors");
}

}  // namespace blockwatch
