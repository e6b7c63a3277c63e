#include "pipeline/kafka/topic_writer.h"

#include <array>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "pipeline/kafka/client.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kBrokerWaitMax{30};
constexpr int kAdminTimeoutMs = 10'000;
constexpr std::uint32_t kWritesPerPoll = 1000;

// Large batches: 600,000 records a second. A deeper queue is slower, as each message is out of the caches
// when it is sent (bench/README.md). Only failures are reported one by one.
std::vector<kafka::Setting> forced() {
  return {
      {"enable.idempotence", "true"},
      {"linger.ms", "5"},
      {"batch.num.messages", "50000"},
      {"compression.type", "lz4"},
      {"queue.buffering.max.messages", "500000"},
      {"queue.buffering.max.kbytes", "8192"},
      {"message.timeout.ms", "120000"},
      {"delivery.report.only.error", "true"},
      {"reconnect.backoff.max.ms", "1000"},
  };
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& failure = *static_cast<std::string*>(opaque);
  if (failure.empty()) {
    failure = fmt::format("partition {}: {}", message->partition, rd_kafka_err2str(message->err));
  }
}

/// Partitions of the topic; 0 = there is no such topic, or not every partition has a leader yet.
Expected<std::uint32_t> count_partitions(rd_kafka_t* handle, const std::string& topic, bool& exists) {
  exists = false;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  const kafka::Metadata all = kafka::ask_metadata(handle, nullptr, 5000, error);
  if (!all)
    return fail(ExitCode::temporary, fmt::format("no Kafka broker answers: {}", rd_kafka_err2str(error)));
  for (int i = 0; i < all->topic_cnt; ++i) {
    const rd_kafka_metadata_topic& t = all->topics[i];
    if (topic != t.topic || t.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    exists = true;
    for (int p = 0; p < t.partition_cnt; ++p) {
      if (t.partitions[p].leader < 0) return 0U;
    }
    return static_cast<std::uint32_t>(t.partition_cnt);
  }
  return 0U;
}

struct AdminOptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
struct NewTopicDeleter {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};

Expected<void> create_topic(rd_kafka_t* handle, const std::string& topic, std::uint32_t partitions) {
  std::array<char, 256> reason{};
  const std::unique_ptr<rd_kafka_NewTopic_t, NewTopicDeleter> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), static_cast<int>(partitions), 1, reason.data(), reason.size()));
  if (!wanted) return fail(ExitCode::usage, fmt::format("topic {}: {}", topic, reason.data()));
  const std::unique_ptr<rd_kafka_AdminOptions_t, AdminOptionsDeleter> options(
      rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kAdminTimeoutMs, reason.data(), reason.size());
  const kafka::Queue queue(rd_kafka_queue_new(handle));
  std::array<rd_kafka_NewTopic_t*, 1> topics{wanted.get()};
  rd_kafka_CreateTopics(handle, topics.data(), topics.size(), options.get(), queue.get());
  const std::unique_ptr<rd_kafka_event_t, EventDeleter> answer(
      rd_kafka_queue_poll(queue.get(), 2 * kAdminTimeoutMs));
  if (!answer)
    return fail(ExitCode::temporary, fmt::format("creating topic {}: no answer from the broker", topic));
  if (const auto error = rd_kafka_event_error(answer.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(ExitCode::temporary,
                fmt::format("creating topic {}: {}", topic, rd_kafka_event_error_string(answer.get())));
  }
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* text = rd_kafka_topic_result_error_string(results[i]);
    return fail(ExitCode::temporary, fmt::format("creating topic {}: {}", topic,
                                                 text != nullptr ? text : rd_kafka_err2str(error)));
  }
  return {};
}

Expected<void> ensure_topic(rd_kafka_t* handle, const std::string& topic, std::uint32_t partitions) {
  const auto deadline = steady_clock::now() + kBrokerWaitMax;
  bool asked = false;
  for (;;) {
    bool exists = false;
    const auto count = count_partitions(handle, topic, exists);
    if (count && *count == partitions) return {};
    if (count && *count != 0) {
      return fail(ExitCode::usage,
                  fmt::format("topic {} exists with {} partitions, not {}: name another topic or {} "
                              "partitions",
                              topic, *count, partitions, *count));
    }
    if (count && !exists && !asked) {
      if (auto created = create_topic(handle, topic, partitions); !created) return created;
      asked = true;
      continue;
    }
    if (steady_clock::now() > deadline) {
      return count ? fail(ExitCode::temporary,
                          fmt::format("topic {} has no leader for every partition after {} s", topic,
                                      kBrokerWaitMax.count()))
                   : tl::unexpected(count.error());
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
}

class KafkaTopicWriter final : public TopicWriter {
 public:
  KafkaTopicWriter(std::unique_ptr<std::string> failure, kafka::Handle handle, kafka::Topic topic)
      : failure_(std::move(failure)), handle_(std::move(handle)), topic_(std::move(topic)) {}
  ~KafkaTopicWriter() override {
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  }
  KafkaTopicWriter(const KafkaTopicWriter&) = delete;
  KafkaTopicWriter& operator=(const KafkaTopicWriter&) = delete;

  Expected<void> write(std::uint32_t partition, std::string_view key, std::string_view value,
                       TimeNs time) override {
    if (++writes_ % kWritesPerPoll == 0) rd_kafka_poll(handle_.get(), 0);
    for (;;) {
      if (!failure_->empty()) return failed();
      const rd_kafka_resp_err_t error = rd_kafka_producev(
          handle_.get(), RD_KAFKA_V_RKT(topic_.get()),
          RD_KAFKA_V_PARTITION(static_cast<std::int32_t>(partition)),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
          RD_KAFKA_V_TIMESTAMP(time == kNoTime ? 0 : bucket_of(time, kMillisecond)), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        *failure_ = fmt::format("partition {}: {}", partition, rd_kafka_err2str(error));
        return failed();
      }
      rd_kafka_poll(handle_.get(), 10);
    }
  }

  Expected<void> flush() override {
    while (rd_kafka_flush(handle_.get(), 1000) == RD_KAFKA_RESP_ERR__TIMED_OUT && failure_->empty()) {
    }
    return failure_->empty() ? Expected<void>() : failed();
  }

 private:
  Expected<void> failed() const {
    return fail(ExitCode::temporary,
                fmt::format("writing to topic {}: {}", rd_kafka_topic_name(topic_.get()), *failure_));
  }

  std::unique_ptr<std::string> failure_;  // the first one; the handle's callback writes it
  kafka::Handle handle_;
  kafka::Topic topic_;
  std::uint32_t writes_ = 0;
};

}  // namespace

Expected<std::unique_ptr<TopicWriter>> make_topic_writer(const std::string& bootstrap_servers,
                                                         const std::string& topic, std::uint32_t partitions) {
  auto conf = kafka::make_conf({{"bootstrap.servers", bootstrap_servers}}, {}, forced());
  if (!conf) return tl::unexpected(conf.error());
  auto failure = std::make_unique<std::string>();
  rd_kafka_conf_set_opaque(conf->get(), failure.get());
  rd_kafka_conf_set_dr_msg_cb(conf->get(), on_delivery);
  auto handle = kafka::make_handle(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!handle) return tl::unexpected(handle.error());
  if (auto ready = ensure_topic(handle->get(), topic, partitions); !ready)
    return tl::unexpected(ready.error());
  kafka::Topic local(rd_kafka_topic_new(handle->get(), topic.c_str(), nullptr));
  if (!local)
    return fail(ExitCode::usage, fmt::format("topic {}: {}", topic, rd_kafka_err2str(rd_kafka_last_error())));
  return std::make_unique<KafkaTopicWriter>(std::move(failure), std::move(*handle), std::move(local));
}

}  // namespace blockwatch
