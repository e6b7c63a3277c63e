#include "pipeline/kafka/source_settings.h"

#include <algorithm>
#include <string>

#include "config/kafka_properties.h"
#include "config/memory.h"

namespace blockwatch::kafka {
namespace {

constexpr std::uint64_t kRequestTimeoutMs = 10'000;

}  // namespace

bool has_queue_backoff() {
  return rd_kafka_version() >= 0x020200ff;
}

std::vector<Setting> source_defaults(std::uint64_t queue_bytes, std::uint64_t message_bytes_max) {
  // Below the number the client fetches on however many bytes there are, and a record takes some 400 beside
  // its payload.
  constexpr std::uint64_t kQueuedMax = 50'000, kRecordBytes = 1024;
  constexpr std::uint64_t kAnswerMin = 1ULL << 20U;
  const std::uint64_t queued = std::clamp<std::uint64_t>(queue_bytes / kRecordBytes, 1000, kQueuedMax);
  const std::uint64_t answer = std::max({kAnswerMin, queue_bytes / 4, message_bytes_max});
  std::vector<Setting> all{
      {"client.id", "blockwatch"},
      {"group.id", "blockwatch"},  // librdkafka wants one even where nothing is committed
      {"queued.min.messages", std::to_string(queued)},
      {"queued.max.messages.kbytes", std::to_string(queued_payloads(queue_bytes) >> 10U)},
      {"fetch.max.bytes", std::to_string(std::min<std::uint64_t>(answer, INT32_MAX - 512))},
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "1000"},
      {"socket.timeout.ms", std::to_string(kRequestTimeoutMs)},
      {"socket.keepalive.enable", "true"},
      {"topic.metadata.refresh.interval.ms", "30000"},
  };
  if (has_queue_backoff()) all.push_back({"fetch.queue.backoff.ms", "2"});
  return all;
}

FetchLimits source_fetch_limits(const Settings& operator_settings, std::uint64_t queue_bytes,
                                std::size_t partitions) {
  const std::uint64_t timeout_ms =
      whole_number(operator_settings, "socket.timeout.ms").value_or(kRequestTimeoutMs);
  return {std::min<std::uint64_t>(queue_bytes / 4, partitions * kPartitionBytes),
          std::chrono::milliseconds(timeout_ms)};
}

std::vector<Setting> source_forced(const std::optional<FetchLimits>& limits) {
  std::vector<Setting> all{
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"isolation.level", "read_committed"},
      {"check.crcs", "true"},
      {"enable.partition.eof", "true"},
      {"statistics.interval.ms", "5000"},
      {"allow.auto.create.topics", "false"},
      {"topic.metadata.propagation.max.ms", "0"},  // a topic that is gone is said to be at once
      {"socket.nagle.disable", "true"},
  };
  if (limits) {
    all.push_back({"message.max.bytes", std::to_string(limits->answer_bytes)});  // the next is at least this
    all.push_back({"fetch.max.bytes", std::to_string(limits->answer_bytes)});
    all.push_back({"socket.timeout.ms", std::to_string(limits->timeout.count())});
  }
  return all;
}

}  // namespace blockwatch::kafka
