#include "bench/prober/alert_watch.h"

#include <array>

#include <nlohmann/json.hpp>

namespace blockwatch::bench {
namespace {

constexpr int kPollMs = 100;
constexpr int kBrokerTimeoutMs = 10'000;

constexpr std::array<const char*, 2> kProbeAlert{"block_leak", "opened"};

Expected<kafka::Handle> make_consumer(const std::string& bootstrap_servers) {
  const std::vector<kafka::Setting> settings{{"group.id", "bench-prober"},
                                             {"enable.auto.commit", "false"},
                                             {"isolation.level", "read_committed"},
                                             {"socket.nagle.disable", "true"}};
  auto conf = kafka::make_conf({{"bootstrap.servers", bootstrap_servers}}, {}, settings);
  if (!conf) return tl::unexpected(conf.error());
  return kafka::make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
}

struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};

}  // namespace

std::string probe_name(const std::string& ori, const std::string& jurisdiction) {
  return ori + "/" + jurisdiction;
}

Expected<std::unique_ptr<AlertWatch>> AlertWatch::start(const std::string& bootstrap_servers,
                                                        const std::string& topic) {
  auto handle = make_consumer(bootstrap_servers);
  if (!handle) return tl::unexpected(handle.error());
  std::int64_t low = 0;
  std::int64_t high = 0;
  if (const auto error =
          rd_kafka_query_watermark_offsets(handle->get(), topic.c_str(), 0, &low, &high, kBrokerTimeoutMs);
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(ExitCode::temporary, "topic " + topic + ": " + rd_kafka_err2str(error));
  }
  const kafka::PartitionList list(rd_kafka_topic_partition_list_new(1));
  kafka::add(list, topic, 0, high);
  if (const auto error = rd_kafka_assign(handle->get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(ExitCode::temporary, rd_kafka_err2str(error));
  rd_kafka_poll_set_consumer(handle->get());
  return std::unique_ptr<AlertWatch>(new AlertWatch(std::move(*handle)));
}

AlertWatch::AlertWatch(kafka::Handle handle) : handle_(std::move(handle)), thread_([this] { run(); }) {}

AlertWatch::~AlertWatch() {
  stop_ = true;
  thread_.join();
}

void AlertWatch::run() {
  while (!stop_) {
    const std::unique_ptr<rd_kafka_message_t, MessageDeleter> message(
        rd_kafka_consumer_poll(handle_.get(), kPollMs));
    const auto at = Clock::now();
    if (!message || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    see(std::string(static_cast<const char*>(message->payload), message->len), at);
  }
}

void AlertWatch::see(const std::string& alert, Clock::time_point at) {
  const auto data = nlohmann::json::parse(alert).at("data");
  if (data.at("kind") != kProbeAlert[0] || data.at("milestone") != kProbeAlert[1]) return;
  const std::string probe = probe_name(data.at("first").at("ori"), data.at("jurisdiction"));
  const std::lock_guard lock(mutex_);
  const auto found = probes_.find(probe);
  if (found != probes_.end() && found->second.seen == Clock::time_point{}) found->second.seen = at;
}

void AlertWatch::sent(const std::string& probe, Clock::time_point at) {
  const std::lock_guard lock(mutex_);
  probes_.emplace(probe, Times{at, {}});
}

std::vector<std::chrono::nanoseconds> AlertWatch::latencies(Clock::time_point since) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::chrono::nanoseconds> all;
  for (const auto& [probe, times] : probes_) {
    if (times.sent >= since && times.seen != Clock::time_point{}) all.emplace_back(times.seen - times.sent);
  }
  return all;
}

}  // namespace blockwatch::bench
