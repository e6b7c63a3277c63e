// Encoded runs as the cells of buckets that they hold.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "state/run.h"

namespace blockwatch::test {

inline std::map<BucketKey, std::vector<CellCount>> decoded(const std::map<RowKey, std::string>& runs) {
  std::map<BucketKey, std::vector<CellCount>> out;
  Piece piece;
  for (const auto& [row, run] : runs)
    EXPECT_TRUE(read_row(row, run, piece, [&](const BucketKey& bucket, std::span<const CellCount> cells) {
      out[bucket].insert(out[bucket].end(), cells.begin(), cells.end());
    }));
  return out;
}

}  // namespace blockwatch::test
