// When to commit. Pure.
//
// Live, the local queue is empty after every record and each is committed at once: latency is one fsync.
// While catching up one event in a few thousand is alertable, so committing at once would be a commit per
// poll: it waits 50 ms from the first alertable one, or for the size bound.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace blockwatch {

/// Bound on the records of one commit: keeps a batch below some 20 MiB of cells.
inline constexpr std::uint64_t kCommitRecordsMax = 131'072;
inline constexpr std::chrono::milliseconds kAlertDelayMax{50};

struct CommitFacts {
  std::uint64_t records = 0;    // since the last commit
  bool source_drained = false;  // the last poll found nothing
  /// How long the first alertable observation since the last commit has waited.
  std::optional<std::chrono::milliseconds> alert_waiting;
};

constexpr bool commit_due(const CommitFacts& facts) {
  if (facts.records == 0) return false;
  return facts.source_drained || facts.records >= kCommitRecordsMax ||
         (facts.alert_waiting && *facts.alert_waiting >= kAlertDelayMax);
}

}  // namespace blockwatch
