// The months of a commit in the making, summed from the cells of its days: a hash map a month, since few
// cells are left without class and channel.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "pipeline/code_counts.h"
#include "state/records.h"

namespace blockwatch {

/// Of one partition at a time. Thread: one.
class MonthSums {
 public:
  /// `cell`: of cube `disclosures` on that day, counted since 1970-01-01 UTC.
  void add(std::int64_t day, const CellCount& cell);

  /// Adds encoded runs; there are no sums afterwards.
  void take(std::uint32_t partition, std::map<RowKey, std::string>& runs);

 private:
  std::map<std::int64_t, CodeCounts> months_;  // by first day
  // Days come in order, and most are of one month.
  CodeCounts* recent_ = nullptr;
  std::int64_t recent_first_ = 0, recent_end_ = 0;  // its days [first, end)
};

}  // namespace blockwatch
