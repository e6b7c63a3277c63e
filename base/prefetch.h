// Asking the memory ahead for what will be read or written.
#pragma once

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

}  // namespace blockwatch
