#include "pipeline/cell_buffer.h"

#include <algorithm>
#include <vector>

#include "state/run.h"

namespace blockwatch {
namespace {

template <class Counts>
std::string run_of(const Counts& counts) {
  std::vector<CellCount> run;
  run.reserve(counts.size());
  for (const auto& [code, count] : counts) run.push_back({{code, 0}, count});
  std::sort(run.begin(), run.end(), [](const CellCount& a, const CellCount& b) { return a.cell < b.cell; });
  return encode_run(RunKind::codes, run);
}

}  // namespace

void CellBuffer::take(std::map<RowKey, std::string>& runs) {
  std::map<RowKey, Counts> days;
  for (const auto& [hour, counts] : hours_) {
    runs[{hour.partition, hour.cube, Granularity::hour, hour.number}] = run_of(counts);
    Counts& day = days[{hour.partition, hour.cube, Granularity::day, bucket_of(hour.number, kDay / kHour)}];
    for (const auto& [code, count] : counts) day[code] += count;
  }
  for (const auto& [key, counts] : days) runs[key] = run_of(counts);
  hours_.clear();
  recent_ = nullptr;
}

}  // namespace blockwatch
