#include "pipeline/kafka/source_settings.h"

#include <algorithm>
#include <string>

#include "config/memory.h"

namespace blockwatch::kafka {

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
      {"socket.timeout.ms", "10000"},
      {"socket.keepalive.enable", "true"},
      {"topic.metadata.refresh.interval.ms", "30000"},
  };
  if (has_queue_backoff()) all.push_back({"fetch.queue.backoff.ms", "2"});
  return all;
}

std::vector<Setting> source_forced() {
  return {
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
}

}  // namespace blockwatch::kafka
