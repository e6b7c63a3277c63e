// One consumer handle of librdkafka with its assignment: what is thrown away and made anew where a partition
// has to be read from another place. (Seeking and pausing lose messages of the batch calls before 2.13.2.)
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "pipeline/kafka/client.h"
#include "pipeline/kafka/fetch_limits.h"
#include "pipeline/kafka/topic_watch.h"
#include "pipeline/log_check.h"

namespace blockwatch::kafka {

/// Owned by the source; its thread.
class Consumer {
 public:
  /// `queue_bytes`: see source_defaults(). `limits`: none: the settings'.
  /// `connection` hears of errors while the consumer is polled; it outlives it. Error 78: settings that
  /// librdkafka refuses.
  static Expected<std::unique_ptr<Consumer>> open(const Settings& settings, const std::string& topic,
                                                  std::uint64_t queue_bytes,
                                                  const std::optional<FetchLimits>& limits,
                                                  ConnectionState& connection);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  rd_kafka_t* handle() const { return handle_.get(); }
  rd_kafka_topic_t* topic() const { return topic_.get(); }

  /// The offset to begin with by partition; none: the log's first. Once.
  Expected<void> assign(const std::map<std::uint32_t, std::optional<std::uint64_t>>& from);

  /// Serves callbacks, then adds messages and events; how many.
  std::size_t take(std::chrono::milliseconds timeout, std::size_t max);
  /// What was taken since the last release(); valid until the next.
  std::span<rd_kafka_message_t* const> messages() const { return {messages_.data(), message_count_}; }
  void release();

  /// As of the last fetch, no request.
  FetchedMarks fetched_marks(std::uint32_t partition) const;
  /// Asks the brokers, at most `timeout` for each end; those that did not answer are missing.
  std::map<std::uint32_t, LogMarks> ask_marks(const std::vector<std::uint32_t>& partitions,
                                              std::chrono::milliseconds timeout) const;

  /// Advice, asynchronous.
  void commit(const std::map<std::uint32_t, std::uint64_t>& next_offsets);
  /// See TopicWatch.
  std::map<std::uint32_t, ReadableEnd> readable_ends() const { return watch_->readable_ends(); }
  void catching_up(bool yes) { watch_->catching_up(yes); }
  /// Partitions that the topic was last seen to have; 0: not known yet.
  std::uint32_t partition_count() const { return watch_->partition_count(); }

 private:
  Consumer(const std::string& topic, Handle handle, Topic handle_of_topic);

  const std::string topic_name_;
  Handle handle_;
  Topic topic_;
  Queue queue_;
  std::vector<rd_kafka_message_t*> messages_;
  std::size_t message_count_ = 0;
  std::optional<TopicWatch> watch_;
};

}  // namespace blockwatch::kafka
