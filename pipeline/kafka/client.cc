#include "pipeline/kafka/client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "base/log.h"

namespace blockwatch::kafka {
namespace {

constexpr std::chrono::seconds kCloseMax{2};
constexpr std::chrono::milliseconds kClusterTimeout{1000};

// Called from librdkafka's threads. Connection failures come once per attempt and broker: ConnectionState
// reports them by their change instead. CONFWARN says that a consumer's setting means nothing to a producer
// (settings are shared, by design), AUTOCREATE that a broker older than any that we support might create
// topics, GETPID that a producer starts before its broker is ready and tries again, TERMINATE what an output
// that drops its producer knows.
void on_log(const rd_kafka_t*, int severity, const char* facility, const char* message) {
  const std::string_view where = facility;
  for (const std::string_view known : {"FAIL", "ERROR", "CONFWARN", "AUTOCREATE", "GETPID", "TERMINATE"}) {
    if (where == known) return;
  }
  const log::Level level = severity <= 3   ? log::Level::error
                           : severity == 4 ? log::Level::warning
                           : severity <= 6 ? log::Level::info
                                           : log::Level::debug;
  log::write(level, "kafka_client", message, {{"facility", where}});
}

Expected<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) !=
      RD_KAFKA_CONF_OK) {
    return fail(
        ExitCode::bad_config,
        fmt::format("Kafka setting \"{}\": {} (see librdkafka's CONFIGURATION.md)", name, reason.data()));
  }
  return {};
}

}  // namespace

void HandleDeleter::operator()(rd_kafka_t* handle) const {
  std::promise<void> closing;
  const std::future<void> closed = closing.get_future();
  std::thread([handle, closing = std::move(closing)]() mutable {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    closing.set_value();
  }).detach();
  if (closed.wait_for(kCloseMax) != std::future_status::ready) {
    log::warning("kafka_close_slow", "the Kafka client does not close in time; it is left behind");
  }
}

Expected<Conf> make_conf(const Settings& operator_settings, std::span<const Setting> defaults,
                         std::span<const Setting> forced) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  for (const Setting& s : defaults) {
    if (auto done = set(conf.get(), s.name, s.value); !done) return tl::unexpected(done.error());
  }
  for (const auto& [name, value] : operator_settings) {
    if (auto done = set(conf.get(), name, value); !done) return tl::unexpected(done.error());
  }
  for (const Setting& s : forced) {
    if (auto done = set(conf.get(), s.name, s.value); !done) return tl::unexpected(done.error());
  }
  return conf;
}

void add(const PartitionList& list, const std::string& topic, std::uint32_t partition, std::int64_t offset) {
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(partition))->offset =
      offset;
}

Expected<Handle> make_handle(rd_kafka_type_t type, Conf conf) {
  std::array<char, 512> reason{};
  Handle handle(rd_kafka_new(type, conf.get(), reason.data(), reason.size()));
  if (!handle) return fail(ExitCode::bad_config, fmt::format("Kafka settings: {}", reason.data()));
  static_cast<void>(conf.release());  // now the handle's
  return handle;
}

Settings producer_settings(Settings settings) {
  for (const char* consumer_only :
       {"group.id", "client.rack", "fetch.message.max.bytes", "fetch.max.bytes", "fetch.wait.max.ms",
        "queued.min.messages", "queued.max.messages.kbytes"}) {
    settings.erase(consumer_only);
  }
  return settings;
}

bool is_unknown_topic(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

Metadata ask_metadata(rd_kafka_t* handle, rd_kafka_topic_t* topic, int timeout_ms,
                      rd_kafka_resp_err_t& error) {
  const rd_kafka_metadata_t* answer = nullptr;
  error = rd_kafka_metadata(handle, topic == nullptr ? 1 : 0, topic, &answer, timeout_ms);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Metadata(answer) : Metadata();
}

std::string cluster_id_of(rd_kafka_t* handle) {
  char* id = rd_kafka_clusterid(handle, static_cast<int>(kClusterTimeout.count()));
  std::string text = id == nullptr ? "" : id;
  rd_kafka_mem_free(handle, id);
  return text;
}

void ConnectionState::on_error(rd_kafka_resp_err_t error, std::string_view reason) {
  const auto is_about = [&](const std::string& broker) { return reason.starts_with(broker + ": "); };
  is_answer_slow_ |= error == RD_KAFKA_RESP_ERR__TIMED_OUT && std::ranges::any_of(receiving_, is_about);
  if (error == RD_KAFKA_RESP_ERR__TRANSPORT) {  // one connection of several: matters once no broker is left
    transport_reason_ = reason;
    return;
  }
  // "All down" says less than the reason that is known already.
  if (error == last_error_ || (down() && error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)) return;
  last_error_ = error;
  const std::string detail = error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !transport_reason_.empty()
                                 ? transport_reason_
                                 : std::string(reason);
  log::warning("kafka_disconnected",
               is_unknown_topic(error)
                   ? "the brokers do not know the topic any more; trying again until they do"
                   : "no usable Kafka broker; trying again until one answers",
               {{"error", rd_kafka_err2name(error)}, {"detail", detail}});
}

void ConnectionState::on_alive() {
  if (!down()) return;
  last_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  transport_reason_.clear();
  log::info("kafka_connected", "the Kafka broker answers again");
}

}  // namespace blockwatch::kafka
