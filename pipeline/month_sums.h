// The months of a commit in the making, summed from the cells of its days: a hash map a month, since few
// cells are left without class and channel.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "state/records.h"
#include "state/run.h"

namespace blockwatch {

/// Of one partition at a time. Thread: one.
class MonthSums {
 public:
  /// `cell`: of cube `disclosures` on that day, counted since 1970-01-01 UTC.
  void add(std::int64_t day, const CellCount& cell);

  /// Adds encoded runs; there are no sums afterwards. `writer`: of kind `codes`.
  void take(std::uint32_t partition, RunWriter& writer, std::map<RowKey, std::string>& runs);

 private:
  using Counts = boost::unordered_flat_map<std::uint64_t, std::uint64_t>;

  std::map<std::int64_t, Counts> months_;  // by first day
  // Days come in order, and most are of one month.
  Counts* recent_ = nullptr;
  std::int64_t recent_first_ = 0, recent_end_ = 0;  // its days [first, end)
  std::vector<CellCount> sorted_;
};

}  // namespace blockwatch
