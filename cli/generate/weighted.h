// A choice between things of unequal weight, in integers only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/check.h"
#include "cli/generate/random.h"

namespace blockwatch {

/// Immutable once filled; pick() takes O(log n).
template <class T>
class Weighted {
 public:
  Weighted() = default;
  Weighted(std::initializer_list<std::pair<T, std::uint64_t>> items) {
    for (const auto& [item, weight] : items) add(item, weight);
  }

  /// A weight of zero is never picked.
  void add(T item, std::uint64_t weight) {
    if (weight == 0) return;
    items_.push_back(std::move(item));
    ends_.push_back(total() + weight);
  }
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  std::uint64_t total() const { return ends_.empty() ? 0 : ends_.back(); }

  /// Not for an empty one.
  const T& pick(Random& random) const { return at(random.below(total())); }

  /// The item whose share of [0, total()) holds `position`.
  const T& at(std::uint64_t position) const {
    BW_CHECK(position < total());
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), position);
    return items_[static_cast<std::size_t>(end - ends_.begin())];
  }

 private:
  std::vector<T> items_;
  std::vector<std::uint64_t> ends_;  // running sums of the weights
};

/// Zipf's law with exponent 1, in integers: the weight of the `rank`-th (from 0) most frequent.
constexpr std::uint64_t zipf_weight(std::size_t rank) {
  return 1'000'000 / (rank + 1) + 1;
}

}  // namespace blockwatch
