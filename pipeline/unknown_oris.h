// The bound on unknown ORIs: beyond 100,000 distinct ones in a UTC day on one partition, further ones are
// counted together as ORI `*` (contract §3).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include "state/records.h"

namespace blockwatch {

inline constexpr std::size_t kUnknownOrisPerDay = 100'000;
inline constexpr const char* kOtherOris = "*";

/// Owned by the Applier; the worker's thread. Sets of days that were not touched lately are dropped with a
/// commit and read from the store again when needed.
class UnknownOris {
 public:
  using Ids = boost::unordered_flat_set<DictionaryId>;
  /// `load(partition, day)`: the ids that the store has for that day. `settle` returns once every batch that
  /// was taken is durable; it is called only for a day that was dropped with the last of them.
  using Load = std::function<Ids(std::uint32_t, std::int64_t)>;
  /// `bytes_max`: of what it keeps from commit to commit.
  UnknownOris(Load load, std::function<void()> settle, std::uint64_t bytes_max = UINT64_MAX)
      : load_(std::move(load)), settle_(std::move(settle)), bytes_max_(bytes_max) {}

  /// True if the ORI has a row of its own on that day.
  bool admit(std::uint32_t partition, std::int64_t day, DictionaryId ori);

  /// When a batch is taken; the one before it is durable.
  void trim();
  std::uint64_t bytes() const;

 private:
  static constexpr std::size_t kDaysInMemory = 64;
  struct Day {
    Ids ids;
    std::uint64_t last_use = 0;
  };
  static std::uint64_t bytes_of(const Day& day);

  using Key = std::pair<std::uint32_t, std::int64_t>;  // partition, day
  Load load_;
  std::function<void()> settle_;
  std::uint64_t bytes_max_;
  std::map<Key, Day> days_;
  std::set<Key> dropped_;  // with the batch that was taken last
  std::uint64_t uses_ = 0;
};

}  // namespace blockwatch
