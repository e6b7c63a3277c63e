// Numbers from a seed, the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace blockwatch::simulation {

/// splitmix64. A stream of its own for each purpose, so that one more draw here changes nothing there.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  Random(std::uint64_t seed, std::uint64_t purpose) : state_(seed * 0x9E3779B97F4A7C15ULL + purpose) {
    next();
  }

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  /// [0, end); 0 if end is 0.
  std::uint64_t below(std::uint64_t end) { return end == 0 ? 0 : next() % end; }
  /// [least, most]
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  bool percent(unsigned share) { return below(100) < share; }

 private:
  std::uint64_t state_;
};

}  // namespace blockwatch::simulation
