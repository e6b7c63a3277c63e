// All ports of the data path on one page: where records come from, where notifications go. Time is a value in
// every call; the broker and the network begin behind these two.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "state/records.h"

namespace blockwatch {

/// One record as the source delivered it. Borrows: valid until the next poll of its source.
struct SourceRecord {
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  TimeNs broker_time = kNoTime;  // kNoTime: the record carries none
  std::string_view payload;      // empty for a tombstone
};

/// A partition's log is not, or not all, what the state counted on (pipeline/log_check.h).
struct GapFound {
  std::uint32_t partition = 0;
  GapKind kind = GapKind::retention_overrun;
  std::uint64_t position = 0;  // the next offset that was to be counted
  std::optional<std::uint64_t> log_start, log_end;
  std::optional<std::uint64_t> resumed_at;  // none: the partition is halted
};

/// A partition whose log goes on and from which nothing comes (pipeline/silence.h).
struct SilenceFound {
  std::uint32_t partition = 0;
  std::uint64_t position = 0;  // the next offset to be counted
};

/// What one poll found. Reused between polls.
struct SourceBatch {
  std::vector<SourceRecord> records;
  /// Partitions that stood at the end of their log after these records.
  std::vector<std::uint32_t> at_end;
  /// Behind these records.
  std::vector<GapFound> gaps;
  /// Partitions whose log was found to be the one that was counted on; once after each beginning.
  std::vector<std::uint32_t> verified;
  /// Once for each silence.
  std::vector<SilenceFound> silent;
  void clear() {
    records.clear();
    at_end.clear();
    gaps.clear();
    verified.clear();
    silent.clear();
  }
};

/// A finite or endless stream of records over fixed partitions, each partition in offset order without
/// repetition. Thread: all calls from the worker's thread. The destructor may block for as long as the
/// environment needs to let go.
class Source {
 public:
  virtual ~Source() = default;
  /// The partitions that this source delivers, ascending; fixed for its lifetime.
  virtual const std::vector<std::uint32_t>& partitions() const = 0;
  /// The id of the Kafka cluster that the records come from, fixed as well; empty: there is none. Thread:
  /// any.
  virtual std::string cluster() const { return {}; }
  /// Waits at most `timeout`, or some milliseconds more where the log is known to go on, for the first
  /// record, then takes what is there, up to its own bound. An error is final for this source: the process
  /// ends with its code. Records of a halted partition do not come; it ends once all partitions are.
  virtual Expected<void> poll(std::chrono::milliseconds timeout, SourceBatch& batch) = 0;
  /// Advice for lag tools after a commit: next offset per partition. Never blocks.
  virtual void committed(std::span<const PartitionProgress> progress) = 0;
};

/// Takes notifications to one subscriber, in order.
/// Thread: all calls from its deliverer's thread.
class Output {
 public:
  virtual ~Output() = default;
  virtual const std::string& name() const = 0;
  /// Sends; returns how many from the front the other side has acknowledged durably (the rest is sent again
  /// later: at least once). Returns within `timeout`.
  virtual Expected<std::size_t> deliver(std::span<const Notification> notifications,
                                        std::chrono::milliseconds timeout) = 0;
};

}  // namespace blockwatch
