// Encoded runs as the cells that they hold.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "state/page.h"

namespace blockwatch::test {

inline std::map<BucketKey, std::vector<CellCount>> decoded(const std::map<BucketKey, std::string>& runs) {
  std::map<BucketKey, std::vector<CellCount>> out;
  for (const auto& [bucket, run] : runs) {
    RunReader reader(run);
    while (reader.next()) out[bucket].push_back(reader.cell());
    EXPECT_FALSE(reader.damaged());
  }
  return out;
}

}  // namespace blockwatch::test
