// When to commit. Pure.
//
// Live, the local queue is empty after every record and each is committed at once: latency is one fsync.
// While catching up about one event in a hundred is alertable, so committing at once would be a commit per
// poll: an alert waits 50 ms, or a twentieth of the time by which it is late already. Without one the batch
// grows: a cell that many records count is then sorted, written and merged once. The bounds are for memory
// and for what a crash makes count again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace blockwatch {

/// Bounds of one commit. So many records are some 8 MiB of cells, and up to 56 times that where each goes to
/// every jurisdiction: the bound in bytes is another. The first commits after a start are
/// smaller, each twice the one before: that it counts shows at once.
inline constexpr std::uint64_t kCommitRecordsMax = 262'144;
inline constexpr std::uint64_t kFirstCommitRecords = 8'192;
inline constexpr std::chrono::milliseconds kCommitTimeMax{1000};
inline constexpr std::chrono::milliseconds kAlertDelay{50};
inline constexpr int kAlertDelayPart = 20;

struct CommitFacts {
  std::uint64_t records = 0;             // since the last commit
  std::uint64_t bytes = 0;               // that it takes until it is durable (commit_bytes.h) ...
  std::uint64_t bytes_max = UINT64_MAX;  // ... and may take
  std::uint64_t commits = UINT64_MAX;    // since the start
  bool source_drained = false;           // the last poll found nothing
  std::chrono::milliseconds age{0};      // of the first of them, since it was read
  /// How long the first alertable observation since the last commit has waited ...
  std::optional<std::chrono::milliseconds> alert_waiting{};
  /// ... and how old it was when it was counted.
  std::chrono::milliseconds alert_age{0};
};

constexpr std::uint64_t records_of_commit(std::uint64_t commits) {
  std::uint64_t records = kFirstCommitRecords;
  while (records < kCommitRecordsMax && commits-- > 0) records *= 2;
  return records;
}

constexpr bool commit_due(const CommitFacts& facts) {
  if (facts.records == 0) return false;
  if (facts.bytes >= facts.bytes_max) return true;
  if (facts.source_drained || facts.records >= records_of_commit(facts.commits) ||
      facts.age >= kCommitTimeMax)
    return true;
  return facts.alert_waiting && *facts.alert_waiting >= kAlertDelay &&
         *facts.alert_waiting >= facts.alert_age / kAlertDelayPart;
}

}  // namespace blockwatch
