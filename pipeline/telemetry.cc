#include "pipeline/telemetry.h"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <sstream>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace blockwatch {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries kCommitSeconds{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                                 0.1,    0.2,   0.5,   1,     2,    5};
// From a live alert's few milliseconds to what a day's outage leaves behind.
const Histogram::BucketBoundaries kLatencySeconds{0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,  0.5,
                                                  1,     2,     5,    10,   60,   600, 3600, 86400};

Family<Counter>& counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauges(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                     const Histogram::BucketBoundaries& bounds) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
}

}  // namespace

struct Telemetry::Impl {
  /// The series of one partition, looked up once.
  struct PartitionSeries {
    Counter& consumed;
    Gauge& progress;
    Gauge& lag;
    Gauge& halted;
    Gauge& silent;
    Gauge& quiet;
    Gauge& lag_grows;
  };

  PartitionSeries& partition_series(std::string_view topic, std::uint32_t partition) {
    const std::lock_guard lock(mutex);
    auto key = std::pair(std::string(topic), partition);
    if (const auto found = partitions.find(key); found != partitions.end()) return found->second;
    const prometheus::Labels labels{{"topic", key.first}, {"partition", std::to_string(partition)}};
    return partitions
        .emplace(std::move(key), PartitionSeries{consumed.Add(labels), progress.Add(labels), lag.Add(labels),
                                                 halted.Add(labels), silent.Add(labels), quiet.Add(labels),
                                                 lag_grows.Add(labels)})
        .first->second;
  }

  prometheus::Registry registry;
  Family<Counter>& consumed =
      counters(registry, "blockwatch_records_consumed_total", "Records whose commit is durable.");
  Family<Gauge>& progress = gauges(registry, "blockwatch_partition_progress_timestamp_seconds",
                                   "Wall clock of the last commit that moved the partition.");
  Family<Gauge>& lag =
      gauges(registry, "blockwatch_lag_records", "Records of the partition that are not read yet.");
  Family<Gauge>& halted =
      gauges(registry, "blockwatch_partition_halted",
             "1 while the partition waits for an operator: its log is not what was counted on.");
  Family<Gauge>& silent = gauges(registry, "blockwatch_partition_silent_seconds",
                                 "How long nothing has come from a partition whose log goes on.");
  Family<Gauge>& quiet =
      gauges(registry, "blockwatch_partition_quiet",
             "1 while the partition has far fewer messages than usual at this hour of the week.");
  Family<Gauge>& lag_grows = gauges(registry, "blockwatch_partition_lag_grows",
                                    "1 while the partition's lag has grown each minute for ten minutes.");
  Family<Counter>& gaps =
      counters(registry, "blockwatch_gaps_total",
               "Findings that a partition's log is not, or not all, what was counted on.");
  Counter& jumps = counters(registry, "blockwatch_offset_jumps_total",
                            "Places where offsets are missing between two records: transactions, compaction.")
                       .Add({});
  Counter& repeated = counters(registry, "blockwatch_records_repeated_total",
                               "Records that the brokers delivered again; they were dropped.")
                          .Add({});
  Family<Counter>& rejected =
      counters(registry, "blockwatch_records_rejected_total", "Records that were no query event.");
  Family<Counter>& observed = counters(registry, "blockwatch_observations_total",
                                       "Observations (message, jurisdiction) by their verdict.");
  Family<Counter>& notifications =
      counters(registry, "blockwatch_notifications_total",
               "Notifications that the output is done with: delivered, or suppressed (too old for it).");
  Family<Gauge>& pending = gauges(registry, "blockwatch_outbox_pending",
                                  "Notifications in the durable log that the output has not taken yet.");
  Gauge& waiting_for_space = gauges(registry, "blockwatch_waiting_for_space",
                                    "1 while nothing is written because the disk is too full.")
                                 .Add({});
  Gauge& reload_success = gauges(registry, "blockwatch_config_reload_success",
                                 "1 if the configuration last read is in force, 0 if it was refused.")
                              .Add({});
  Family<Gauge>& memory_budget = gauges(registry, "blockwatch_memory_budget_bytes",
                                        "What the part may hold in memory (memory.bytes_max, divided).");
  Family<Gauge>& memory_used = gauges(registry, "blockwatch_memory_bytes", "What the part holds in memory.");
  Gauge& resident = gauges(registry, "process_resident_memory_bytes",
                           "What of the process lies in memory, files that it has mapped included.")
                        .Add({});
  Histogram& commit_seconds =
      histogram(registry, "blockwatch_commit_seconds", "Time to make a commit durable.", kCommitSeconds);
  Histogram& latency =
      histogram(registry, "blockwatch_alert_latency_seconds",
                "From the record's broker timestamp to the output's acknowledgement.", kLatencySeconds);
  std::array<Counter*, kRejectReasonCount> rejected_by_reason{};
  std::array<Counter*, kVerdictCount> observed_by_verdict{};
  std::array<Gauge*, kMemoryPartCount> memory_used_by_part{};
  std::atomic<TimeNs> last_commit{kNoTime};
  std::atomic<bool> last_reload_succeeded{true};
  std::mutex mutex;
  std::map<std::pair<std::string, std::uint32_t>, PartitionSeries>
      partitions;                                                       // guarded by mutex; elements stay
  std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> lags;  // guarded by mutex
};

Telemetry::Telemetry() : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < kRejectReasonCount; ++i) {
    impl_->rejected_by_reason[i] =
        &impl_->rejected.Add({{"reason", std::string(name_of(static_cast<RejectReason>(i)))}});
  }
  for (std::size_t i = 0; i < kVerdictCount; ++i) {
    impl_->observed_by_verdict[i] =
        &impl_->observed.Add({{"verdict", std::string(name_of(static_cast<Verdict>(i)))}});
  }
  for (std::size_t i = 0; i < kMemoryPartCount; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    if (is_measured(part))
      impl_->memory_used_by_part[i] = &impl_->memory_used.Add({{"part", std::string(name_of(part))}});
  }
  gauges(impl_->registry, "blockwatch_build_info", "Always 1; the label says which program runs.")
      .Add({{"version", BLOCKWATCH_VERSION}})
      .Set(1);
}

Telemetry::~Telemetry() = default;

void Telemetry::consumed(std::string_view topic, std::uint32_t partition, std::uint64_t records, TimeNs now) {
  Impl::PartitionSeries& series = impl_->partition_series(topic, partition);
  series.consumed.Increment(static_cast<double>(records));
  series.progress.Set(static_cast<double>(now) / kSecond);
  impl_->last_commit = now;
}

TimeNs Telemetry::last_commit() const {
  return impl_->last_commit;
}

void Telemetry::jumped(std::uint64_t jumps) {
  impl_->jumps.Increment(static_cast<double>(jumps));
}

void Telemetry::gap_found(GapKind kind) {
  impl_->gaps.Add({{"kind", std::string(name_of(kind))}}).Increment();
}

void Telemetry::halted(std::string_view topic, std::uint32_t partition, bool is_halted) {
  impl_->partition_series(topic, partition).halted.Set(is_halted ? 1 : 0);
}

void Telemetry::silent(std::string_view topic, std::uint32_t partition, std::chrono::seconds duration) {
  impl_->partition_series(topic, partition).silent.Set(static_cast<double>(duration.count()));
}

std::chrono::seconds Telemetry::silent_for(std::string_view topic, std::uint32_t partition) const {
  const double seconds = impl_->partition_series(topic, partition).silent.Value();
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

void Telemetry::quiet(std::string_view topic, std::uint32_t partition, bool is_quiet) {
  impl_->partition_series(topic, partition).quiet.Set(is_quiet ? 1 : 0);
}

bool Telemetry::is_quiet(std::string_view topic, std::uint32_t partition) const {
  return impl_->partition_series(topic, partition).quiet.Value() != 0;
}

void Telemetry::lag_grows(std::string_view topic, std::uint32_t partition, bool grows) {
  impl_->partition_series(topic, partition).lag_grows.Set(grows ? 1 : 0);
}

bool Telemetry::lag_grows(std::string_view topic, std::uint32_t partition) const {
  return impl_->partition_series(topic, partition).lag_grows.Value() != 0;
}

void Telemetry::repeated(std::uint64_t records) {
  impl_->repeated.Increment(static_cast<double>(records));
}

void Telemetry::rejected(RejectReason reason, std::uint64_t records) {
  impl_->rejected_by_reason[static_cast<std::size_t>(reason)]->Increment(static_cast<double>(records));
}

void Telemetry::observed(Verdict verdict, std::uint64_t observations) {
  impl_->observed_by_verdict[static_cast<std::size_t>(verdict)]->Increment(static_cast<double>(observations));
}

void Telemetry::committed(double seconds) {
  impl_->commit_seconds.Observe(seconds);
}

void Telemetry::lag(std::string_view topic, std::uint32_t partition, std::uint64_t records) {
  impl_->partition_series(topic, partition).lag.Set(static_cast<double>(records));
  const std::lock_guard lock(impl_->mutex);
  impl_->lags[{std::string(topic), partition}] = records;
}

std::optional<std::uint64_t> Telemetry::lag_of(std::string_view topic, std::uint32_t partition) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->lags.find({std::string(topic), partition});
  return found == impl_->lags.end() ? std::nullopt : std::optional(found->second);
}

void Telemetry::alert_latency(double seconds) {
  impl_->latency.Observe(seconds);
}

void Telemetry::notified(std::string_view output, std::uint64_t delivered, std::uint64_t suppressed) {
  const auto add = [&](const char* result, std::uint64_t n) {
    impl_->notifications.Add({{"output", std::string(output)}, {"result", result}})
        .Increment(static_cast<double>(n));
  };
  add("delivered", delivered);
  add("suppressed", suppressed);
}

void Telemetry::outbox_pending(std::string_view output, std::uint64_t notifications) {
  impl_->pending.Add({{"output", std::string(output)}}).Set(static_cast<double>(notifications));
}

void Telemetry::waiting_for_space(bool waits) {
  impl_->waiting_for_space.Set(waits ? 1 : 0);
}

void Telemetry::memory_budget(const MemoryDivision& division) {
  for (std::size_t i = 0; i < kMemoryPartCount; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    impl_->memory_budget.Add({{"part", std::string(name_of(part))}}).Set(static_cast<double>(division[part]));
  }
}

void Telemetry::memory_used(MemoryPart part, std::uint64_t bytes) {
  impl_->memory_used_by_part.at(static_cast<std::size_t>(part))->Set(static_cast<double>(bytes));
}

void Telemetry::resident(std::uint64_t bytes) {
  impl_->resident.Set(static_cast<double>(bytes));
}

bool Telemetry::last_reload_succeeded() const {
  return impl_->last_reload_succeeded;
}

void Telemetry::reloaded(bool success) {
  impl_->last_reload_succeeded = success;
  impl_->reload_success.Set(success ? 1 : 0);
}

std::string Telemetry::render() const {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, impl_->registry.Collect());
  return text.str();
}

}  // namespace blockwatch
