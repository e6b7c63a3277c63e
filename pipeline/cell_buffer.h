// Counts of a commit in the making: cells are appended per bucket and become sorted runs when the batch is
// taken.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <vector>

#include "state/records.h"

namespace blockwatch {

/// Owned by the Applier; the worker's thread. 16 bytes a cell until take().
class CellBuffer {
 public:
  void add(const BucketKey& bucket, const Cell& cell) { add(bucket, cell, 1); }
  void add(const BucketKey& bucket, const Cell& cell, std::uint64_t count);

  /// Sorted runs, each cell once; the buffer is empty afterwards.
  std::map<BucketKey, Run> take();

 private:
  std::vector<CellCount>& open(const BucketKey& bucket);

  std::map<BucketKey, std::vector<CellCount>> buckets_;
  // Event time mostly advances, so the bucket of the last event of a cube and granularity is the next one's
  // too.
  struct Recent {
    BucketKey key;
    std::vector<CellCount>* cells = nullptr;
  };
  std::array<Recent, 16> recent_{};
};

}  // namespace blockwatch
