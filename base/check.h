// A broken invariant of our own code ends the process, in release builds too: counting on after one would be
// a silent error, and a restart from the store is the tested path.
#pragma once

namespace blockwatch {

/// Prints the expression and its place to standard error and aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace blockwatch

#define BW_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::blockwatch::check_failed(#condition, __FILE__, __LINE__))
