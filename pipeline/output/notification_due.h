// Whether a notification is due at an output, and how far a delivery carries the output's cursor. Pure.
//
// max_age keeps history from paging people: a replayed year, or a backlog after a long outage, is recorded as
// suppressed instead of sent. Age is measured from the event time of the incident's newest observation to the
// wall clock at the moment of sending, so what waited for a dead output may become stale while it waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "state/records.h"

namespace blockwatch {

/// Why the output is not given it; empty: it is due. `max_age` empty: nothing is too old.
constexpr std::optional<Suppression> suppression_of(TimeNs newest_event_time, std::optional<TimeNs> max_age,
                                                    TimeNs now) {
  if (!max_age || newest_event_time == kNoTime) return std::nullopt;
  if (newest_event_time >= saturating_add(now, -*max_age)) return std::nullopt;
  return Suppression::stale;
}

/// Consecutive notifications of the log as one output sees them; both in order of sequence.
struct SortedBatch {
  std::vector<Notification> due;
  std::vector<Suppressed> suppressed;
  std::uint64_t end = 0;  // the last sequence of all
};

/// `batch` is not empty.
SortedBatch sort_by_due(std::vector<Notification> batch, std::optional<TimeNs> max_age, TimeNs now);

/// What the output is done with once it has acknowledged the first so many of `due`: everything before the
/// first that it has not. Drops the suppressed ones beyond that, which are decided anew with the next
/// attempt; the new cursor.
std::uint64_t settle(SortedBatch& batch, std::size_t acknowledged);

}  // namespace blockwatch
