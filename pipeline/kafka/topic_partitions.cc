#include "pipeline/kafka/topic_partitions.h"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace blockwatch::kafka {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kTopicGrace{5};  // how long a topic may be unknown before that is an answer
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

Expected<std::uint32_t> count_partitions(rd_kafka_t* handle, rd_kafka_topic_t* topic,
                                         ConnectionState& connection, const std::atomic<bool>& stop) {
  const char* name = rd_kafka_topic_name(topic);
  std::optional<steady_clock::time_point> unknown_since;
  while (!stop) {
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    const Metadata answer = ask_metadata(handle, topic, 1000, error);
    rd_kafka_poll(handle, 0);  // errors, with their reasons
    if (answer && answer->topic_cnt == 1) {
      connection.on_alive();
      const rd_kafka_metadata_topic& found = answer->topics[0];
      if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.partition_cnt > 0) {
        return static_cast<std::uint32_t>(found.partition_cnt);
      }
      if (found.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
        return fail(ExitCode::temporary,
                    fmt::format("topic {}: the broker does not allow this client to read it; grant "
                                "READ and DESCRIBE",
                                name));
      }
      if (!unknown_since) unknown_since = steady_clock::now();
      if (steady_clock::now() - *unknown_since > kTopicGrace) {
        return fail(ExitCode::temporary,
                    fmt::format("topic {} does not exist ({}); create it, or mend source.topic", name,
                                rd_kafka_err2str(found.err)));
      }
    } else if (error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT) {
      connection.on_error(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, rd_kafka_err2str(error));
    } else if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      connection.on_error(error, rd_kafka_err2str(error));
    }
    std::this_thread::sleep_for(kPause);
  }
  return fail(ExitCode::ok, "stopped");
}

Expected<std::vector<std::uint32_t>> choose_partitions(const KafkaSourceOptions& options,
                                                       std::uint32_t count) {
  const auto [first, last] =
      options.partitions.value_or(std::pair<std::uint32_t, std::uint32_t>(0, count - 1));
  if (last >= count) {
    return fail(ExitCode::temporary,
                fmt::format("topic {} has {} partitions (0-{}); source.partitions asks for {}-{}",
                            options.topic, count, count - 1, first, last));
  }
  for (const auto& [counted, _] : options.starts) {
    if (!options.partitions || (counted >= first && counted <= last)) continue;
    return fail(
        ExitCode::bad_config,
        fmt::format("this state has counted partition {} of topic {}, and source.partitions is {}-{}: "
                    "nobody would go on with it; name the old range, or another state.dir",
                    counted, options.topic, first, last));
  }
  if (!options.partitions && !options.starts.empty() && options.starts.rbegin()->first >= count) {
    return fail(
        ExitCode::state_damaged,
        fmt::format(
            "halted: the state has counted partition {} of topic {}, which has {} partitions now: it was "
            "created anew, or this is another cluster",
            options.starts.rbegin()->first, options.topic, count));
  }
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t p = first; p <= last; ++p) chosen.push_back(p);
  return chosen;
}

}  // namespace blockwatch::kafka
