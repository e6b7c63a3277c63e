// The pages of a state against each other and against what its partitions counted (part of query/fsck.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/fsck.h"
#include "state/store.h"

namespace blockwatch {

/// Beyond any time that a bucket can have.
inline constexpr std::int64_t kAllBuckets = std::int64_t{1} << 40;

/// Cells in a form that can be compared without keeping them: how much they count, and the sum of each cell's
/// hash times its count, which differs if any of them does.
struct CellSum {
  std::uint64_t count = 0;
  std::uint64_t mixed = 0;
  void add(std::uint64_t code, std::uint64_t n);
  friend bool operator==(const CellSum&, const CellSum&) = default;
};

/// By partition and number of a bucket.
using CellSums = std::map<std::pair<std::uint32_t, std::int64_t>, CellSum>;

/// The first bucket that is kept, by partition; those of others are not compared.
using KeptFrom = std::map<std::uint32_t, std::int64_t>;
KeptFrom days_kept(const std::vector<PartitionProgress>& partitions);

/// What two sums of the same bucket are called: "nlets.queries/0, 2025-11-12: the hours count 12, the day
/// 13".
struct SumNames {
  std::string_view left, right;
  std::string (*bucket)(std::int64_t number);
};
std::string utc_day_text(std::int64_t number);
void compare_sums(const CellSums& left, const CellSums& right, const KeptFrom& kept,
                  const std::vector<PartitionProgress>& partitions, const SumNames& names, Check& check);

std::vector<Check> check_cells(const Snapshot& snapshot);

}  // namespace blockwatch
