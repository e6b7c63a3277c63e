#include "pipeline/cell_buffer.h"

#include <algorithm>

namespace blockwatch {
namespace {

Run to_run(std::vector<CellCount>& cells) {
  std::sort(cells.begin(), cells.end(),
            [](const CellCount& a, const CellCount& b) { return a.cell < b.cell; });
  Run run;
  for (const CellCount& c : cells) {
    if (!run.empty() && run.back().cell == c.cell)
      run.back().count += c.count;
    else
      run.push_back(c);
  }
  return run;
}

}  // namespace

std::vector<CellCount>& CellBuffer::open(const BucketKey& bucket) {
  Recent& recent = recent_.at(
      (static_cast<std::size_t>(bucket.cube) << 2U | static_cast<std::size_t>(bucket.granularity)) & 15U);
  if (recent.cells == nullptr || recent.key != bucket) recent = {bucket, &buckets_[bucket]};
  return *recent.cells;
}

void CellBuffer::add(const BucketKey& bucket, const Cell& cell, std::uint64_t count) {
  if (count != 0) open(bucket).push_back({cell, count});
}

std::map<BucketKey, Run> CellBuffer::take() {
  std::map<BucketKey, Run> runs;
  for (auto& [key, cells] : buckets_) runs.emplace_hint(runs.end(), key, to_run(cells));
  buckets_.clear();
  recent_.fill({});
  return runs;
}

}  // namespace blockwatch
