// ORI -> where its rows are, in 16 bytes an ORI: one cache line a look-up, and the caller can ask for it
// ahead. A general hash map touches three.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/ori.h"
#include "base/prefetch.h"

namespace blockwatch {

/// Filled once, then immutable.
class OriTable {
 public:
  static constexpr std::uint8_t kNowhere = 0xFF;
  struct Place {
    Ori ori;
    bool taken = false;
    /// Whoever asks by this ORI is `value`, and who sends to it reaches `reached`, at any time; else both are
    /// of no meaning.
    bool is_constant = false;
    std::uint8_t reached = kNowhere;
    std::uint32_t value = 0;
  };
  static_assert(sizeof(Place) == 16);

  /// `oris_max`: of different ones.
  explicit OriTable(std::size_t oris_max) : places_(std::bit_ceil(2 * oris_max + 2)) {}

  /// Asks the memory for what find() will read first, and returns where that is.
  std::uint32_t expect(const Ori& ori) const {
    const std::size_t home = home_of(ori);
    prefetch_line(&places_[home]);
    return static_cast<std::uint32_t>(home);
  }

  /// Where it is, or where it would be put; an index below size().
  std::uint32_t find(const Ori& ori) const {
    std::size_t at = home_of(ori);
    while (places_[at].taken && places_[at].ori != ori) at = (at + 1) & (places_.size() - 1);
    return static_cast<std::uint32_t>(at);
  }
  const Place& at(std::uint32_t place) const { return places_[place]; }
  Place& at(std::uint32_t place) { return places_[place]; }
  std::size_t size() const { return places_.size(); }

 private:
  std::size_t home_of(const Ori& ori) const { return OriHash()(ori) & (places_.size() - 1); }

  std::vector<Place> places_;
};

}  // namespace blockwatch
