// Beside the consumer, on a thread of its own, asks the brokers what the client's own fetches do not tell.
//
// Each few seconds up to where each partition may be read: where a fetch has stopped, its marks have too. And
// for the topic's metadata: every few milliseconds while catching up, since librdkafka before 2.2 lets its
// broker thread sleep for up to a second once a local queue was full, and any request wakes it; now and then
// otherwise, since a topic may get more partitions.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "pipeline/kafka/client.h"
#include "pipeline/silence.h"

namespace blockwatch::kafka {

/// Lives between the assignment and the end of its handle, which it uses. Ends within the time of one request
/// (1 s).
class TopicWatch {
 public:
  /// `partitions`: whose ends are wanted. `wake`: while catching up the client needs waking.
  TopicWatch(rd_kafka_t* handle, rd_kafka_topic_t* topic, std::vector<std::uint32_t> partitions, bool wake);
  ~TopicWatch();
  TopicWatch(const TopicWatch&) = delete;
  TopicWatch& operator=(const TopicWatch&) = delete;

  void catching_up(bool yes) { catching_up_.store(yes, std::memory_order_relaxed); }
  /// Partitions that the topic was last seen to have; 0 before the first answer.
  std::uint32_t partition_count() const { return partition_count_.load(std::memory_order_relaxed); }
  /// The last answer for each partition that there was one for.
  std::map<std::uint32_t, ReadableEnd> readable_ends() const;

 private:
  void run();
  void ask_metadata();
  void ask_ends();

  rd_kafka_t* handle_;
  rd_kafka_topic_t* topic_;
  const std::vector<std::uint32_t> partitions_;
  const bool wake_;
  std::atomic<bool> catching_up_{true};  // until the first lag is reported
  std::atomic<std::uint32_t> partition_count_{0};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint32_t, ReadableEnd> ends_;  // guarded by mutex_
  bool stop_ = false;                          // guarded by mutex_
  std::thread thread_;                         // last: it uses all of the above
};

}  // namespace blockwatch::kafka
