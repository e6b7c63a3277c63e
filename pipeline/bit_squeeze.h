// Takes out of 64-bit words the bits that none of them uses. What is left keeps their order.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace blockwatch {

class BitSqueeze {
 public:
  /// `used`: all words or-ed together.
  explicit BitSqueeze(std::uint64_t used) {
    for (unsigned bit = 0; used >> bit != 0;) {
      bit += static_cast<unsigned>(std::countr_zero(used >> bit));
      unsigned end = bit + 1;  // a gap of a few bits costs less than another part
      while (end < 64 && (used >> end & kGapMask) != 0) ++end;
      const std::uint64_t mask = ~std::uint64_t{0} >> (64 - (end - bit));
      parts_[count_++] = {mask, bit, bits_};
      bits_ += end - bit;
      if (end == 64) break;
      bit = end;
    }
  }

  /// Width of what squeeze() returns.
  unsigned bits() const { return bits_; }

  std::uint64_t squeeze(std::uint64_t word) const {
    std::uint64_t out = 0;
    for (const Part& part : parts()) out |= (word >> part.from & part.mask) << part.to;
    return out;
  }
  std::uint64_t expand(std::uint64_t squeezed) const {
    std::uint64_t out = 0;
    for (const Part& part : parts()) out |= (squeezed >> part.to & part.mask) << part.from;
    return out;
  }

 private:
  struct Part {
    std::uint64_t mask = 0;
    unsigned from = 0, to = 0;
  };
  static constexpr unsigned kGapBits = 4;
  static constexpr std::uint64_t kGapMask = (1U << kGapBits) - 1;
  std::span<const Part> parts() const { return std::span(parts_).first(count_); }

  std::array<Part, 64 / (kGapBits + 1) + 1> parts_{};
  std::size_t count_ = 0;
  unsigned bits_ = 0;
};

}  // namespace blockwatch
