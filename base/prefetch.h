// Asking the memory ahead for what will be read or written.
#pragma once

#include <cstddef>

namespace blockwatch {

/// The line at `address`, which need not be mapped. A program that waits 100 ns before it reads finds it
/// close.
[[gnu::always_inline]] inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  // GCC takes a function that only prefetches for one without effect, and drops the calls to it.
  asm volatile("" : : "r"(address));
}

/// The same to be written: a store to a line that another core has waits no less than a load, and the stores
/// behind it wait as well.
[[gnu::always_inline]] inline void prefetch_line_to_write(const void* address) {
#ifdef __x86_64__
  // GCC makes a plain prefetch of it for processors of 2003; those do nothing at this one.
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(address)));
#else
  __builtin_prefetch(address, 1);
  asm volatile("" : : "r"(address));
#endif
}

inline constexpr std::size_t kLineBytes = 64;

/// Every line of something that takes `bytes`.
[[gnu::always_inline]] inline void prefetch_lines(const void* begin, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes + kLineBytes - 1; at += kLineBytes)
    prefetch_line(static_cast<const char*>(begin) + at);
}
[[gnu::always_inline]] inline void prefetch_lines_to_write(const void* begin, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes + kLineBytes - 1; at += kLineBytes)
    prefetch_line_to_write(static_cast<const char*>(begin) + at);
}

}  // namespace blockwatch
