// Carries the durable log to one output: a cursor, a retry policy, and what is too old to be sent
// (pipeline/output/notification_due.h). Independent of every other output.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "pipeline/ports.h"
#include "pipeline/telemetry.h"
#include "state/store.h"

namespace blockwatch {

/// Wait before attempt `failures` + 1: 100 ms doubling to 30 s. Pure.
std::chrono::milliseconds retry_delay(unsigned failures);

/// One thread from start() to stop(). Reads the log from the output's cursor, delivers what is due, moves the
/// cursor past it and past what is suppressed, and records the latter in the same batch.
/// On stop: the running delivery ends at its own time-out at the latest; what is not delivered stays in the
/// log.
class Deliverer {
 public:
  /// `max_age`: notifications whose newest observation is older are suppressed; empty: none is.
  Deliverer(Store& store, std::unique_ptr<Output> output, Telemetry& telemetry,
            std::optional<TimeNs> max_age = {});
  ~Deliverer();
  void start();
  /// Asks the thread to end once the log's end is delivered or `deadline` is over, and joins it.
  void stop(std::chrono::steady_clock::time_point deadline);
  /// True once everything in the log at the time of the call is delivered or suppressed.
  bool drained() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
