// A whole topic by librdkafka's C batch calls, with the settings and the waker of the product's source.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "pipeline/kafka/client.h"
#include "pipeline/kafka/topic_watch.h"

namespace blockwatch::bench {

/// Reads every partition from its first record to its end. Thread: one.
class TopicReader {
 public:
  /// Connects; reads nothing yet.
  static Expected<std::unique_ptr<TopicReader>> open(const std::string& bootstrap_servers,
                                                     const std::string& topic);
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  Expected<void> assign();

  /// The next records, valid until the call after; none once every partition was read to its end.
  Expected<std::span<rd_kafka_message_t* const>> next();

 private:
  TopicReader(kafka::Handle handle, kafka::Topic topic, int partitions);

  std::size_t take(int timeout_ms, std::size_t room);
  /// Keeps the records among `messages_`.
  Expected<void> sort_out();
  void release();

  kafka::Handle handle_;
  kafka::Topic topic_;
  kafka::Queue queue_;
  int partitions_;
  int ended_ = 0;  // partitions
  std::vector<rd_kafka_message_t*> messages_;
  std::size_t count_ = 0;  // in use of messages_
  std::optional<kafka::TopicWatch> watch_;
};

}  // namespace blockwatch::bench
