// The bound on unknown ORIs: beyond 100,000 distinct ones in a UTC day on one partition, further ones are
// counted together as ORI `*` (contract §3).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include "state/records.h"

namespace blockwatch {

inline constexpr std::size_t kUnknownOrisPerDay = 100'000;
inline constexpr const char* kOtherOris = "*";

/// Owned by the Applier; the worker's thread. Sets of days that were not touched lately are dropped after a
/// commit and read from the store again when needed.
class UnknownOris {
 public:
  using Ids = boost::unordered_flat_set<DictionaryId>;
  /// `load(partition, day)`: the ids that the store has for that day.
  using Load = std::function<Ids(std::uint32_t, std::int64_t)>;
  explicit UnknownOris(Load load) : load_(std::move(load)) {}

  /// True if the ORI has a row of its own on that day.
  bool admit(std::uint32_t partition, std::int64_t day, DictionaryId ori);

  /// After a commit.
  void trim();

 private:
  static constexpr std::size_t kDaysInMemory = 64;
  struct Day {
    Ids ids;
    std::uint64_t last_use = 0;
  };
  Load load_;
  std::map<std::pair<std::uint32_t, std::int64_t>, Day> days_;
  std::uint64_t uses_ = 0;
};

}  // namespace blockwatch
