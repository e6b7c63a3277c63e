// Writes records to a topic at full speed, each to the partition and with the timestamp that the caller
// gives: for `generate` and the demo.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace blockwatch {

/// Thread: one.
class TopicWriter {
 public:
  virtual ~TopicWriter() = default;
  /// Queues one record; blocks while the queue is full. `time` is cut to milliseconds.
  virtual Expected<void> write(std::uint32_t partition, std::string_view key, std::string_view value,
                               TimeNs time) = 0;
  /// Waits until everything is acknowledged.
  virtual Expected<void> flush() = 0;
};

/// Creates the topic with `partitions` partitions (replication 1) if it does not exist; an existing topic
/// must have that many. Order within a partition is the order of the calls (idempotent producer).
Expected<std::unique_ptr<TopicWriter>> make_topic_writer(const std::string& bootstrap_servers,
                                                         const std::string& topic, std::uint32_t partitions);

}  // namespace blockwatch
