#include "pipeline/unknown_oris.h"

#include <algorithm>
#include <vector>

namespace blockwatch {

bool UnknownOris::admit(std::uint32_t partition, std::int64_t day, DictionaryId ori) {
  auto at = days_.find({partition, day});
  if (at == days_.end()) {
    if (dropped_.contains({partition, day})) settle_();
    at = days_.emplace(Key{partition, day}, Day{load_(partition, day), 0}).first;
  }
  at->second.last_use = ++uses_;
  Ids& ids = at->second.ids;
  if (ids.contains(ori)) return true;
  if (ids.size() >= kUnknownOrisPerDay) return false;
  ids.insert(ori);
  return true;
}

void UnknownOris::trim() {
  dropped_.clear();
  if (days_.size() <= kDaysInMemory) return;
  std::vector<std::uint64_t> uses;
  for (const auto& [key, day] : days_) uses.push_back(day.last_use);
  const auto keep_from = uses.end() - static_cast<std::ptrdiff_t>(kDaysInMemory / 2);
  std::nth_element(uses.begin(), keep_from, uses.end());
  std::erase_if(days_, [this, oldest = *keep_from](const auto& entry) {
    const bool drop = entry.second.last_use < oldest;
    if (drop) dropped_.insert(entry.first);
    return drop;
  });
}

}  // namespace blockwatch
