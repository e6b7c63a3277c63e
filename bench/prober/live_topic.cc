#include "bench/prober/live_topic.h"

#include <vector>

#include "base/time.h"

namespace blockwatch::bench {
namespace {

constexpr int kFlushMs = 10'000;
// Scatters consecutive numbers over the partitions.
constexpr std::uint64_t kScatter = 0x9E3779B97F4A7C15ULL;

}  // namespace

Expected<std::unique_ptr<LiveTopic>> LiveTopic::open(const std::string& bootstrap_servers,
                                                     const std::string& topic, std::uint32_t partitions) {
  const std::vector<kafka::Setting> settings{
      {"linger.ms", "0"}, {"acks", "all"}, {"socket.nagle.disable", "true"}};
  auto conf = kafka::make_conf({{"bootstrap.servers", bootstrap_servers}}, {}, settings);
  if (!conf) return tl::unexpected(conf.error());
  auto handle = kafka::make_handle(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!handle) return tl::unexpected(handle.error());
  kafka::Topic local(rd_kafka_topic_new(handle->get(), topic.c_str(), nullptr));
  if (!local) return fail(ExitCode::usage, rd_kafka_err2str(rd_kafka_last_error()));
  return std::unique_ptr<LiveTopic>(new LiveTopic(std::move(*handle), std::move(local), partitions));
}

void LiveTopic::compose(std::uint64_t number, const std::string& ori, const std::string& destination) {
  number_ = number;
  id_ = "live-" + std::to_string(number);
  payload_ =
      R"({"id":")" + id_ + R"(","time":")" + format_time(wall_clock_now()) +
      R"(","message_key":"DQ","origin":{"ori":")" + ori + R"(","user":"jdoe"},"destinations":[")" +
      destination +
      R"("],"channel":"nlets","purpose":"C","attention":"DESK 4","control_field":"0000000001",)"
      R"("subject":{"name":"GARCIA, DANA","dob":"1980-02-03","oln":"G123456789012"},"outcome":"answered"})";
}

Expected<void> LiveTopic::send() {
  rd_kafka_poll(handle_.get(), 0);
  const auto partition = static_cast<std::int32_t>((number_ * kScatter >> 32U) % partitions_);
  const rd_kafka_resp_err_t error =
      rd_kafka_producev(handle_.get(), RD_KAFKA_V_RKT(topic_.get()), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(id_.data(), id_.size()),
                        RD_KAFKA_V_VALUE(payload_.data(), payload_.size()), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return fail(ExitCode::temporary, rd_kafka_err2str(error));
}

Expected<void> LiveTopic::flush() {
  const rd_kafka_resp_err_t error = rd_kafka_flush(handle_.get(), kFlushMs);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return fail(ExitCode::temporary, rd_kafka_err2str(error));
}

}  // namespace blockwatch::bench
