// Memory for large tables that are read at random places: in pages of 2 MiB where the kernel has them, since
// otherwise each look-up also looks up its page, which a virtual machine does twice.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#include "base/out_of_resources.h"

namespace blockwatch {

/// An allocator; blocks below a huge page come from the ordinary heap.
template <class T>
struct HugePages {
  using value_type = T;
  static constexpr std::size_t kPageBytes = std::size_t{2} << 20U;

  HugePages() = default;
  template <class U>
  HugePages(const HugePages<U>& /*other*/) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < kPageBytes) return static_cast<T*>(::operator new(bytes));
    const std::size_t whole = (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
    void* const memory = std::aligned_alloc(kPageBytes, whole);
    if (memory == nullptr) end_without_memory();
    // Advice: a kernel without huge pages refuses, and all works as well.
    madvise(memory, whole, MADV_HUGEPAGE);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPageBytes)
      ::operator delete(memory);
    else
      std::free(memory);
  }
  friend bool operator==(const HugePages& /*a*/, const HugePages& /*b*/) { return true; }
};

template <class T>
using HugeVector = std::vector<T, HugePages<T>>;

}  // namespace blockwatch
