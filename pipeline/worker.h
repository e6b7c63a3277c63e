// The data path in one loop: poll, parse, resolve, expand, judge, apply, commit.
//
// Guarantees: every record of every assigned partition is counted, rejected, out of scope or a duplicate
// exactly once, through any crash: all that a record causes and the next offset stand in one synced batch,
// and a start resumes from the store. A failed commit ends the run; nothing of the batch is kept in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "config/source_mapping.h"
#include "pipeline/activations.h"
#include "pipeline/memory.h"
#include "pipeline/ports.h"
#include "pipeline/ruleset_history.h"
#include "pipeline/telemetry.h"
#include "state/store.h"

namespace blockwatch {

struct WorkerOptions {
  std::string topic;
  TimeNs lateness = 48 * kHour;
  TimeNs dedup_window = 24 * kHour;
  WorkerMemory memory{};
  std::function<TimeNs()> wall_clock = wall_clock_now;
  std::uint64_t record_bytes_max = 65536;
  std::optional<SourceMapping> mapping{};  // none: the contract's names
  /// Ends when every partition stands at its end, closes every incident, and marks the partitions as ended.
  bool batch = false;
  bool plain = false;  // the topic's offsets have no holes
};

/// What the worker knows of its run; read by others at any time.
struct WorkerStatus {
  std::atomic<bool> at_end{
      false};  // every partition stands at the end of its log and everything is committed
  std::atomic<std::uint64_t> records{0};  // committed in this run
  std::atomic<TimeNs> last_progress{0};   // wall clock of the last poll that came back
};

/// Owned by the wiring; run() is the worker's thread. What it takes by reference outlives it. An activation
/// that is offered comes into force before the next record is counted.
class Worker {
 public:
  Worker(Store& store, Source& source, RulesetHistory history, Activations& activations,
         WorkerOptions options, Telemetry& telemetry, WorkerStatus& status);
  ~Worker();

  /// Until `stop` (what was read is committed first) or, in a batch, the end. An error ends the process with
  /// its code.
  Expected<void> run(const std::atomic<bool>& stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
