#include "pipeline/kafka/source_settings.h"

namespace blockwatch::kafka {

bool has_queue_backoff() {
  return rd_kafka_version() >= 0x020200ff;
}

std::vector<Setting> source_defaults() {
  std::vector<Setting> all{
      {"client.id", "blockwatch"},
      {"group.id", "blockwatch"},  // librdkafka wants one even where nothing is committed
      {"queued.min.messages", "50000"},
      {"queued.max.messages.kbytes", "24576"},
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
