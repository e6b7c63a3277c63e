// When the events of a span happen: more by day than by night, more on weekdays, each hour with its share.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "cli/generate/random.h"

namespace blockwatch {

/// Immutable. Integers only, so that every machine gets the same times.
class Schedule {
 public:
  /// `events` events over [from, from + days); all arguments > 0.
  Schedule(TimeNs from, std::uint64_t days, std::uint64_t events);

  /// The time of the `index`-th event, 0 ≤ index < events; never before that of the one before.
  TimeNs time_of(std::uint64_t index, Random& random) const;

 private:
  TimeNs from_;
  std::uint64_t events_;
  std::vector<std::uint64_t> ends_;  // running sums of the hours' weights
};

}  // namespace blockwatch
