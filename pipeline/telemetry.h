// The figures that the data path shows to the outside (contract §9), kept in one Prometheus registry.
//
// Thread: every call from any thread. Lifetime: outlives the threads that report to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/domain.h"
#include "base/time.h"
#include "config/memory.h"
#include "state/records.h"

namespace blockwatch {

class Telemetry {
 public:
  Telemetry();
  ~Telemetry();

  // ---- by the worker, after each commit
  /// Records that this commit made durable on one partition, its next offset, and its clock.
  void consumed(std::string_view topic, std::uint32_t partition, std::uint64_t records, TimeNs now);
  void rejected(RejectReason reason, std::uint64_t records);
  void observed(Verdict verdict, std::uint64_t observations);
  void committed(double seconds);
  /// Wall clock of the last commit that moved a partition; kNoTime: none yet.
  TimeNs last_commit() const;

  /// Offsets without a record between two records: control records, compaction.
  void jumped(std::uint64_t jumps);
  void gap_found(GapKind kind);
  void halted(std::string_view topic, std::uint32_t partition, bool is_halted);

  // ---- by sources and outputs
  /// How long nothing has come from a partition whose log goes on; 0: it is not silent.
  void silent(std::string_view topic, std::uint32_t partition, std::chrono::seconds duration);
  std::chrono::seconds silent_for(std::string_view topic, std::uint32_t partition) const;
  /// Whether a partition has far less traffic than it usually has at this hour, or its lag only grows.
  void quiet(std::string_view topic, std::uint32_t partition, bool is_quiet);
  bool is_quiet(std::string_view topic, std::uint32_t partition) const;
  void lag_grows(std::string_view topic, std::uint32_t partition, bool grows);
  bool lag_grows(std::string_view topic, std::uint32_t partition) const;
  /// Records that came again and were dropped.
  void repeated(std::uint64_t records);
  void lag(std::string_view topic, std::uint32_t partition, std::uint64_t records);
  /// As last reported; none: the source does not know.
  std::optional<std::uint64_t> lag_of(std::string_view topic, std::uint32_t partition) const;
  /// Broker timestamp of the record that raised it to acknowledged by an output.
  void alert_latency(double seconds);
  /// What an output is done with since the call before.
  void notified(std::string_view output, std::uint64_t delivered, std::uint64_t suppressed);
  void outbox_pending(std::string_view output, std::uint64_t notifications);

  // ---- memory: by whoever holds a part
  void memory_budget(const MemoryDivision& division);
  void memory_used(MemoryPart part, std::uint64_t bytes);
  /// Of the whole process.
  void resident(std::uint64_t bytes);

  // ---- by the service
  void waiting_for_space(bool waits);
  /// True also for the configuration of the start.
  void reloaded(bool success);
  /// What was last told to reloaded(); true before.
  bool last_reload_succeeded() const;

  /// Prometheus text format.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
