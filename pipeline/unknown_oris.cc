#include "pipeline/unknown_oris.h"

#include <algorithm>
#include <numeric>
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

std::uint64_t UnknownOris::bytes_of(const Day& day) {
  return sizeof(Day) + day.ids.bucket_count() * (sizeof(DictionaryId) + 1);
}

std::uint64_t UnknownOris::bytes() const {
  return std::accumulate(days_.begin(), days_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& day) { return sum + bytes_of(day.second); });
}

void UnknownOris::trim() {
  dropped_.clear();
  if (days_.size() <= kDaysInMemory && bytes() <= bytes_max_) return;
  std::vector<std::pair<std::uint64_t, Key>> by_use;
  for (const auto& [key, day] : days_) by_use.emplace_back(day.last_use, key);
  std::sort(by_use.begin(), by_use.end(), std::greater<>());
  std::uint64_t bytes = 0;
  std::size_t kept = 0;
  for (const auto& [use, key] : by_use) {
    const auto at = days_.find(key);
    bytes += bytes_of(at->second);
    if (kept++ < kDaysInMemory / 2 && bytes <= bytes_max_) continue;
    dropped_.insert(key);
    days_.erase(at);
  }
}

}  // namespace blockwatch
