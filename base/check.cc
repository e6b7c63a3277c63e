#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace blockwatch {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "blockwatch: internal check failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace blockwatch
