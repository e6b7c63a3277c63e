#include "config/version_spans.h"

#include <algorithm>

#include "base/check.h"

namespace blockwatch {

std::vector<VersionSpan> version_spans(const std::vector<TimeNs>& policies,
                                       const std::vector<TimeNs>& catalogs) {
  BW_CHECK(!policies.empty() && !catalogs.empty());
  const auto holding = [](const std::vector<TimeNs>& times, TimeNs time) {
    const auto after = std::upper_bound(times.begin() + 1, times.end(), time);
    return static_cast<std::size_t>(after - times.begin()) - 1;
  };
  std::vector<TimeNs> starts = policies;
  starts.insert(starts.end(), catalogs.begin(), catalogs.end());
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  std::vector<VersionSpan> spans;
  spans.reserve(starts.size());
  for (const TimeNs from : starts) spans.push_back({from, holding(policies, from), holding(catalogs, from)});
  return spans;
}

}  // namespace blockwatch
