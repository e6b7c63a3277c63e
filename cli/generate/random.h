// Pseudo-random numbers that are the same on every machine for the same seed: xoshiro256++ seeded by
// splitmix64 (Blackman and Vigna, public domain), integers only. The standard library's distributions differ
// between libraries.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace blockwatch {

/// A bijection of 64 bits that scatters neighbors (splitmix64's finalizer).
constexpr std::uint64_t scatter(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

/// Not for secrets. Thread: one.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) word = scatter(seed += kGolden);
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// [0, n); n > 0. The bias of the multiplication is below 2^-32 for any n in use here.
  std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64U);
  }

  /// [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

  /// True in `per_million` of a million cases.
  bool chance(std::uint64_t per_million) { return below(1'000'000) < per_million; }

  template <class T, std::size_t N>
  const T& pick(const std::array<T, N>& from) {
    return from[below(N)];
  }
  template <class T>
  const T& pick(std::span<const T> from) {
    return from[below(from.size())];
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;
  static constexpr std::uint64_t rotate(std::uint64_t x, unsigned k) { return (x << k) | (x >> (64U - k)); }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace blockwatch
