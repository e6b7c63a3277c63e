// Asking the memory ahead for what will be read.
#pragma once

namespace blockwatch {

/// The line at `address`, which need not be mapped. A program that waits 100 ns before it reads finds it
/// close.
[[gnu::always_inline]] inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  // GCC takes a function that only prefetches for one without effect, and drops the calls to it.
  asm volatile("" : : "r"(address));
}

}  // namespace blockwatch
