// A Kafka topic as a source, by librdkafka's C batch calls. Partitions are assigned, not negotiated, at the
// offsets that the store holds; the broker's group offsets are advice for lag tools only. At each beginning
// the record before a partition's position is read again and compared (pipeline/log_check.h); what differs
// halts that partition, the others go on.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "config/settings.h"
#include "pipeline/ports.h"
#include "pipeline/telemetry.h"

namespace blockwatch {

struct KafkaSourceOptions {
  std::string topic;
  std::map<std::string, std::string> settings;  // librdkafka's, as the operator gave them
  std::optional<std::pair<std::uint32_t, std::uint32_t>> partitions;  // inclusive; none = all of the topic
  OnGap on_gap = OnGap::halt;
  std::uint64_t queue_bytes = 64ULL << 20U;  // what may be fetched ahead, with all that it takes in memory
  SipKey fingerprint_key{};                  // for anchors
  /// Where each partition goes on; absent: at its first record.
  struct Start {
    std::uint64_t next_offset = 0;
    std::optional<Anchor> anchor{};
  };
  std::map<std::uint32_t, Start> starts;
};

/// Waits for the broker until it answers or `stop`; then assigns. Errors: a configuration that librdkafka
/// refuses (78), a topic or partition that does not exist (75), stopped (0 as ExitCode::ok).
Expected<std::unique_ptr<Source>> make_kafka_source(const KafkaSourceOptions& options, Telemetry& telemetry,
                                                    const std::atomic<bool>& stop);

}  // namespace blockwatch
