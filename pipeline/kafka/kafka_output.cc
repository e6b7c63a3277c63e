#include "pipeline/kafka/kafka_output.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "pipeline/kafka/client.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kContentType = "application/cloudevents+json";

std::vector<kafka::Setting> defaults() {
  return {
      {"client.id", "blockwatch"},       {"reconnect.backoff.max.ms", "1000"},
      {"socket.timeout.ms", "10000"},    {"socket.keepalive.enable", "true"},
      {"partitioner", "murmur2_random"},  // as Java clients place a key
  };
}

std::vector<kafka::Setting> forced() {
  return {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", "0"},
      {"queue.buffering.max.messages", "10000"},
      {"socket.nagle.disable", "true"},
  };
}

/// What became of the messages of one deliver() call; the message's opaque is its index + 1.
struct Delivery {
  std::vector<bool> acknowledged;
  std::size_t open = 0;
  std::string failure;  // the first one
};

/// One producer for as long as it delivers everything in time. What a failed one still holds would arrive
/// later and out of order, and one that went fatal never sends again: so after any failure the next call
/// makes a new one.
class KafkaOutput final : public Output {
 public:
  KafkaOutput(std::string name, std::string topic, kafka::Settings settings)
      : name_(std::move(name)), topic_(std::move(topic)), settings_(std::move(settings)) {}
  ~KafkaOutput() override { drop_producer(); }
  KafkaOutput(const KafkaOutput&) = delete;
  KafkaOutput& operator=(const KafkaOutput&) = delete;

  const std::string& name() const override { return name_; }

  Expected<void> make_producer() {
    auto conf = kafka::make_conf(settings_, defaults(), forced());
    if (!conf) return tl::unexpected(conf.error());
    rd_kafka_conf_set_opaque(conf->get(), this);
    rd_kafka_conf_set_dr_msg_cb(conf->get(), on_delivery);
    rd_kafka_conf_set_error_cb(conf->get(), on_error);
    auto handle = kafka::make_handle(RD_KAFKA_PRODUCER, std::move(*conf));
    if (!handle) return tl::unexpected(handle.error());
    producer_ = std::move(*handle);
    return {};
  }

  Expected<std::size_t> deliver(std::span<const Notification> notifications, milliseconds timeout) override {
    const auto deadline = steady_clock::now() + timeout;
    if (!producer_) {
      if (auto made = make_producer(); !made) return tl::unexpected(made.error());
    }
    delivery_ = Delivery{std::vector<bool>(notifications.size()), 0, {}};
    produce(notifications, deadline);
    while (delivery_.open > 0 && delivery_.failure.empty()) {
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
      if (left.count() <= 0) break;
      rd_kafka_poll(producer_.get(), static_cast<int>(std::min<milliseconds::rep>(left.count(), 100)));
    }
    const auto first_open = std::find(delivery_.acknowledged.begin(), delivery_.acknowledged.end(), false);
    const auto acknowledged = static_cast<std::size_t>(first_open - delivery_.acknowledged.begin());
    if (acknowledged == notifications.size()) {
      last_error_.clear();
      return acknowledged;
    }
    drop_producer();
    if (acknowledged > 0) return acknowledged;
    return fail(ExitCode::temporary, fmt::format("topic {}: {}", topic_, reason()));
  }

 private:
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    Delivery& delivery = static_cast<KafkaOutput*>(opaque)->delivery_;
    --delivery.open;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      delivery.acknowledged[reinterpret_cast<std::uintptr_t>(message->_private) - 1] = true;
    } else if (delivery.failure.empty()) {
      delivery.failure = rd_kafka_err2str(message->err);
    }
  }

  static void on_error(rd_kafka_t*, int, const char* reason, void* opaque) {
    static_cast<KafkaOutput*>(opaque)->last_error_ = reason;
  }

  void produce(std::span<const Notification> notifications, steady_clock::time_point deadline) {
    for (std::size_t i = 0; i < notifications.size(); ++i) {
      const Notification& n = notifications[i];
      rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
      do {
        error = rd_kafka_producev(
            producer_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(n.incident.data(), n.incident.size()),
            RD_KAFKA_V_VALUE(const_cast<char*>(n.body.data()), n.body.size()),
            RD_KAFKA_V_HEADER("content-type", kContentType.data(), static_cast<ssize_t>(kContentType.size())),
            RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(i + 1)), RD_KAFKA_V_END);
        if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) rd_kafka_poll(producer_.get(), 10);
      } while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && steady_clock::now() < deadline);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (delivery_.failure.empty()) delivery_.failure = rd_kafka_err2str(error);
        return;
      }
      ++delivery_.open;
    }
  }

  void drop_producer() {
    if (!producer_) return;
    rd_kafka_purge(producer_.get(),
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    producer_.reset();
  }

  std::string reason() const {
    if (!delivery_.failure.empty()) return delivery_.failure;
    return last_error_.empty() ? "no acknowledgement in time" : "no acknowledgement in time: " + last_error_;
  }

  const std::string name_;
  const std::string topic_;
  const kafka::Settings settings_;
  std::string last_error_;
  Delivery delivery_;
  kafka::Handle producer_;
};

}  // namespace

Expected<std::unique_ptr<Output>> make_kafka_output(std::string name, std::string topic,
                                                    std::map<std::string, std::string> settings) {
  auto output = std::make_unique<KafkaOutput>(std::move(name), std::move(topic),
                                              kafka::producer_settings(std::move(settings)));
  // Made now, so that a setting that librdkafka refuses is found at start.
  if (auto made = output->make_producer(); !made) return tl::unexpected(made.error());
  return output;
}

}  // namespace blockwatch
