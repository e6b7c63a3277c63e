// Turns judged messages into the effects of the next commit: counter deltas, evidence, incidents, rejects,
// progress.
//
// Left of here everything borrows from the record, right of it everything owns. What is taken by take_batch()
// and not committed is lost together with the process: a failed commit is fatal.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/domain.h"
#include "pipeline/activations.h"
#include "pipeline/event.h"
#include "pipeline/memory.h"
#include "pipeline/observation_buffer.h"
#include "pipeline/ports.h"
#include "pipeline/ruleset_history.h"
#include "state/store.h"

namespace blockwatch {

struct ApplierOptions {
  std::string topic;
  TimeNs lateness = 48 * kHour;
  TimeNs dedup_window = 24 * kHour;
  WorkerMemory memory{};
  std::string cluster{};    // that the records come from
  bool plain = false;       // a jump in offsets is a gap
  bool raises_gaps = true;  // as incidents; they are of the wall clock, and no part of a replay
  /// Called before the store is asked for what the last batch may leave there: returns once it is durable.
  std::function<void()> settle = [] {};
};

/// Everything of a commit. Its counters of observations are not sorted into runs yet: that is done where
/// there is time for it.
struct TakenBatch {
  CommitBatch batch;  // lacks their runs
  std::unique_ptr<ObservationBuffer> observations;
};

/// What stands between two commits, for the decision when to commit and for the metrics.
struct PendingWork {
  std::uint64_t records = 0;
  bool alertable = false;   // an observation or message that changes an incident
  std::uint64_t jumps = 0;  // in offsets
  std::vector<Gap> gaps;    // new, or of another state than before
  std::array<std::uint64_t, kVerdictCount> by_verdict{};
  std::array<std::uint64_t, kRejectReasonCount> by_reason{};
};

/// Owned by the Worker, its thread. `store` outlives it.
class Applier {
 public:
  /// Loads progress, dictionaries, dedup windows and open incidents of `partitions`.
  static Expected<std::unique_ptr<Applier>> create(Store& store, RulesetHistory history,
                                                   const std::vector<std::uint32_t>& partitions,
                                                   ApplierOptions options);
  ~Applier();

  /// Each record goes into exactly one of reject() and message(); offsets of a partition rise from call to
  /// call.
  void reject(const SourceRecord& record, RejectReason reason);
  /// Asks the memory for what message() will touch, so that other work can be done meanwhile.
  void expect(const SourceRecord& record, const QueryEvent& event, std::uint64_t fingerprint);
  /// `fingerprint`: of the event's id, under the store's key. A message without a usable destination is
  /// rejected, and no other's payload is looked at.
  void message(const SourceRecord& record, const QueryEvent& event, std::uint64_t fingerprint);

  /// What the source found of a partition's log, behind the records before. `now`: wall clock.
  void gap(const GapFound& found, TimeNs now);
  void verified(std::uint32_t partition, TimeNs now);
  void silent(const SilenceFound& found, TimeNs now);
  /// Of the last record that was counted of the partition.
  void last_record(std::uint32_t partition, TimeNs broker_time, std::uint64_t payload);

  /// Returns from when on it is in force; the next batch makes that durable. `now`: wall clock.
  TimeNs activate(Activation activation, TimeNs now);

  const PendingWork& pending() const;
  /// What the next batch takes until it is durable (pipeline/commit_bytes.h).
  std::uint64_t pending_bytes() const;
  /// What it holds from commit to commit.
  WorkerMemory memory_used() const;
  const std::vector<PartitionProgress>& progress() const;

  /// Everything since the last call, whose batch is durable. Incidents that `closing_clock` has passed are
  /// closed with it (kTimeMax: all, kNoTime: none). `now`: wall clock, for the notifications' times.
  TakenBatch take_batch(TimeNs closing_clock, TimeNs now);
  /// Gives an emptied buffer back, for its memory.
  void reuse(std::unique_ptr<ObservationBuffer> observations);
  /// True if take_batch(clock, …) would close an incident.
  bool closes_any(TimeNs clock) const;
  /// Marks every partition as ended in the next batch.
  void mark_ended();

 private:
  struct Impl;
  explicit Applier(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
