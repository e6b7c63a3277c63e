// When to commit. Pure.
//
// Live, the local queue is empty after every record and each is committed at once: latency is one fsync.
// While catching up about one event in a hundred is alertable, so committing at once would be a commit per
// poll: an alert waits 50 ms, or a twentieth of the time by which it is late already, or for the size bound.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace blockwatch {

/// Bound on the records of one commit: keeps a batch below some 20 MiB of cells.
inline constexpr std::uint64_t kCommitRecordsMax = 131'072;
inline constexpr std::chrono::milliseconds kAlertDelay{50};
inline constexpr int kAlertDelayPart = 20;

struct CommitFacts {
  std::uint64_t records = 0;    // since the last commit
  bool source_drained = false;  // the last poll found nothing
  /// How long the first alertable observation since the last commit has waited ...
  std::optional<std::chrono::milliseconds> alert_waiting;
  /// ... and how old it was when it was counted.
  std::chrono::milliseconds alert_age{0};
};

constexpr bool commit_due(const CommitFacts& facts) {
  if (facts.records == 0) return false;
  if (facts.source_drained || facts.records >= kCommitRecordsMax) return true;
  return facts.alert_waiting && *facts.alert_waiting >= kAlertDelay &&
         *facts.alert_waiting >= facts.alert_age / kAlertDelayPart;
}

}  // namespace blockwatch
