#include "pipeline/month_sums.h"

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

void MonthSums::take(std::uint32_t partition, std::map<RowKey, std::string>& runs) {
  for (const auto& [first, counts] : months_)
    runs[{partition, Cube::disclosures, Granularity::month, first}] = run_of(counts);
  months_.clear();
  recent_ = nullptr;
}

}  // namespace blockwatch
