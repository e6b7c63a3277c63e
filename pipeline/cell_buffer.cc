#include "pipeline/cell_buffer.h"

namespace blockwatch {

void CellBuffer::take(std::map<RowKey, std::string>& runs) {
  std::map<RowKey, CodeCounts> days;
  for (const auto& [hour, counts] : hours_) {
    runs[{hour.partition, hour.cube, Granularity::hour, hour.number}] = run_of(counts);
    CodeCounts& day =
        days[{hour.partition, hour.cube, Granularity::day, bucket_of(hour.number, kDay / kHour)}];
    for (const auto& [code, count] : counts) day[code] += count;
  }
  for (const auto& [key, counts] : days) runs[key] = run_of(counts);
  hours_.clear();
  recent_ = nullptr;
}

}  // namespace blockwatch
