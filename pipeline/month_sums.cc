#include "pipeline/month_sums.h"

#include <algorithm>

#include "state/cell.h"

namespace blockwatch {

void MonthSums::add(std::int64_t day, const CellCount& cell) {
  if (recent_ == nullptr || day < recent_first_ || day >= recent_end_) {
    recent_first_ = first_of_month(day);
    recent_end_ = first_of_next_month(day);
    recent_ = &months_[recent_first_];
  }
  (*recent_)[code_in_month(cell.cell.code)] += cell.count;
}

void MonthSums::take(std::uint32_t partition, RunWriter& writer, std::map<RowKey, std::string>& runs) {
  for (const auto& [first, counts] : months_) {
    sorted_.clear();
    for (const auto& [code, count] : counts) sorted_.push_back({{code, 0}, count});
    std::sort(sorted_.begin(), sorted_.end(),
              [](const CellCount& a, const CellCount& b) { return a.cell.code < b.cell.code; });
    for (const CellCount& c : sorted_) writer.append(c);
    runs[{partition, Cube::disclosures, Granularity::month, first}] = writer.finish();
  }
  months_.clear();
  recent_ = nullptr;
}

}  // namespace blockwatch
