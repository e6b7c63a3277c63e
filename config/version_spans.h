// How two lists of versions, of the policy and of the catalog, lie over event time. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "base/time.h"

namespace blockwatch {

/// One policy and one catalog hold from `from` until the next span begins. Indices into the lists.
struct VersionSpan {
  TimeNs from = kNoTime;
  std::size_t policy = 0;
  std::size_t catalog = 0;
};

/// The times of activation of each list: not empty, ascending, the first kNoTime. Of several versions with
/// one time only the last holds.
std::vector<VersionSpan> version_spans(const std::vector<TimeNs>& policies,
                                       const std::vector<TimeNs>& catalogs);

/// When each of them was activated.
template <class Versions>
std::vector<TimeNs> activation_times(const Versions& versions) {
  std::vector<TimeNs> times;
  times.reserve(versions.size());
  for (const auto& v : versions) times.push_back(v.activated_at);
  return times;
}

}  // namespace blockwatch
