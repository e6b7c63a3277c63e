// What every librdkafka client of ours shares: owners of its handles, its configuration, its log.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "base/error.h"

namespace blockwatch::kafka {

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, ConfDeleter>;

struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;

struct MetadataDeleter {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, MetadataDeleter>;

struct PartitionListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, PartitionListDeleter>;

void add(const PartitionList& list, const std::string& topic, std::uint32_t partition, std::int64_t offset);

/// Closes within two seconds: librdkafka's own close can wait for a broker that never answers, and then it
/// goes on in a thread of its own while the program ends. Everything taken from the handle must have been
/// given back before.
struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const;
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;

using Settings = std::map<std::string, std::string>;
struct Setting {
  std::string name;
  std::string value;
};

/// Three layers: `defaults`, over them what the operator set, over that what our promises rest on.
/// Error 78: a name or value that librdkafka refuses, with its own words.
Expected<Conf> make_conf(const Settings& operator_settings, std::span<const Setting> defaults,
                         std::span<const Setting> forced);

/// Error 78: a combination of settings that librdkafka refuses.
Expected<Handle> make_handle(rd_kafka_type_t type, Conf conf);

/// The operator's settings without those that only a consumer understands.
Settings producer_settings(Settings settings);

/// The brokers do not know the topic or the partition.
bool is_unknown_topic(rd_kafka_resp_err_t error);

/// Asks for `topic`, or for every topic if null (which never makes a broker create one). Null after
/// `timeout_ms`: `error` says why.
Metadata ask_metadata(rd_kafka_t* handle, rd_kafka_topic_t* topic, int timeout_ms,
                      rd_kafka_resp_err_t& error);

/// Asks for at most a second; empty: no answer.
std::string cluster_id_of(rd_kafka_t* handle);

/// Logs how the connection stands, once per change and not once per attempt.
/// Thread: the one that polls the handle.
class ConnectionState {
 public:
  void on_error(rd_kafka_resp_err_t error, std::string_view reason);
  void on_alive();
  bool down() const { return last_error_ != RD_KAFKA_RESP_ERR_NO_ERROR; }
  /// What the client's queue holds, in bytes, as its statistics said last (each five seconds).
  void on_queue(std::uint64_t bytes) { queue_bytes_ = bytes; }
  std::uint64_t queue_bytes() const { return queue_bytes_; }
  /// The brokers from which something was coming just then, by the names that errors begin with.
  void on_receiving(std::vector<std::string> brokers) { receiving_ = std::move(brokers); }
  /// Once each: a request timed out while something was still coming.
  bool take_slow_answer() { return std::exchange(is_answer_slow_, false); }

 private:
  rd_kafka_resp_err_t last_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::uint64_t queue_bytes_ = 0;
  std::vector<std::string> receiving_;
  bool is_answer_slow_ = false;
  std::string transport_reason_;  // of one connection; explains "all brokers are down"
};

}  // namespace blockwatch::kafka
