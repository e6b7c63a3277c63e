#include "pipeline/output/notification_due.h"

#include <utility>

#include "base/check.h"

namespace blockwatch {

SortedBatch sort_by_due(std::vector<Notification> batch, std::optional<TimeNs> max_age, TimeNs now) {
  BW_CHECK(!batch.empty());
  SortedBatch out;
  out.end = batch.back().sequence;
  for (Notification& n : batch) {
    const auto reason = suppression_of(n.newest_event_time, max_age, now);
    if (!reason) {
      out.due.push_back(std::move(n));
      continue;
    }
    const bool continues = !out.suppressed.empty() && out.suppressed.back().reason == *reason &&
                           out.suppressed.back().first + out.suppressed.back().count == n.sequence;
    if (!continues) out.suppressed.push_back({n.sequence, 0, *reason});
    ++out.suppressed.back().count;
  }
  return out;
}

std::uint64_t settle(SortedBatch& batch, std::size_t acknowledged) {
  BW_CHECK(acknowledged <= batch.due.size());
  if (acknowledged == batch.due.size()) return batch.end;
  const std::uint64_t first_open = batch.due[acknowledged].sequence;
  std::erase_if(batch.suppressed, [&](const Suppressed& s) { return s.first > first_open; });
  return first_open - 1;
}

}  // namespace blockwatch
