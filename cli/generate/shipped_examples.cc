#include "cli/generate/shipped_examples.h"

#include <cstddef>
#include <string>
#include <utility>

#include "base/check.h"
#include "config/diagnostic.h"

// The assembler copies the files in: a million bytes as a C++ array would take the compiler minutes.
#define BW_EMBED(symbol, file)                                     \
  asm(".pushsection .rodata\n"                                     \
      ".global " #symbol                                           \
      "_begin\n"                                                   \
      ".global " #symbol "_end\n" #symbol                          \
      "_begin:\n"                                                  \
      ".incbin \"" BLOCKWATCH_EXAMPLES_DIR "/" file "\"\n" #symbol \
      "_end:\n"                                                    \
      ".popsection\n");                                            \
  extern "C" const char symbol##_begin[];                          \
  extern "C" const char symbol##_end[]

BW_EMBED(bw_shipped_agencies, "agencies.toml");
BW_EMBED(bw_shipped_oris, "oris.csv");
BW_EMBED(bw_shipped_policy, "policy.toml");

namespace blockwatch {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view shipped_agencies() {
  return between(bw_shipped_agencies_begin, bw_shipped_agencies_end);
}
std::string_view shipped_oris() {
  return between(bw_shipped_oris_begin, bw_shipped_oris_end);
}
std::string_view shipped_policy() {
  return between(bw_shipped_policy_begin, bw_shipped_policy_end);
}

Catalog shipped_catalog() {
  Diagnostics diagnostics;
  auto catalog = parse_catalog("agencies.toml", std::string(shipped_agencies()), "oris.csv",
                               std::string(shipped_oris()), diagnostics);
  BW_CHECK(catalog.has_value());
  return std::move(*catalog);
}

}  // namespace blockwatch
