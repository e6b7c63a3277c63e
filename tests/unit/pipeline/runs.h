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
  for (const auto& [row, run] : runs)
    EXPECT_TRUE(
        read_row(row, run, [&](const BucketKey& bucket, const CellCount& c) { out[bucket].push_back(c); }));
  return out;
}

}  // namespace blockwatch::test
