// Beside the consumer, on a thread of its own, asks a broker for the topic's metadata.
//
// Every few milliseconds while catching up: librdkafka before 2.2 lets its broker thread sleep for up to a
// second once a local queue was full, and any request wakes it. Now and then otherwise: a topic may get more
// partitions.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "pipeline/kafka/client.h"

namespace blockwatch::kafka {

/// Lives between the assignment and the end of its handle, which it uses. Ends within the time of one request
/// (100 ms).
class TopicWatch {
 public:
  TopicWatch(rd_kafka_t* handle, rd_kafka_topic_t* topic, bool wake);
  ~TopicWatch();
  TopicWatch(const TopicWatch&) = delete;
  TopicWatch& operator=(const TopicWatch&) = delete;

  void catching_up(bool yes) { catching_up_.store(yes, std::memory_order_relaxed); }
  /// Partitions that the topic was last seen to have; 0 before the first answer.
  std::uint32_t partition_count() const { return partition_count_.load(std::memory_order_relaxed); }

 private:
  void run();
  void look();

  rd_kafka_t* handle_;
  rd_kafka_topic_t* topic_;
  const bool wake_;
  std::atomic<bool> catching_up_{true};  // until the first lag is reported
  std::atomic<std::uint32_t> partition_count_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;   // guarded by mutex_
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace blockwatch::kafka
