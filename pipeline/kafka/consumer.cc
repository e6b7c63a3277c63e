#include "pipeline/kafka/consumer.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "config/kafka_properties.h"
#include "pipeline/kafka/ask_offsets.h"
#include "pipeline/kafka/source_settings.h"

namespace blockwatch::kafka {
namespace {

void on_error(rd_kafka_t*, int error, const char* reason, void* opaque) {
  static_cast<ConnectionState*>(opaque)->on_error(static_cast<rd_kafka_resp_err_t>(error), reason);
}

/// Calls `see` with each number that stands in the statistics behind `name`, and where that is.
template <class See>
void each_number(std::string_view statistics, std::string_view name, See&& see) {
  for (std::size_t at = statistics.find(name); at != std::string_view::npos;
       at = statistics.find(name, at + name.size())) {
    std::int64_t value = 0;
    std::from_chars(statistics.data() + at + name.size(), statistics.data() + statistics.size(), value);
    see(value, at);
  }
}

// What the queue holds, a message's own memory included. Each partition says it of the one queue that all
// lead to.
std::uint64_t queue_bytes_of(std::string_view statistics) {
  constexpr std::int64_t kMessageBytes = 400;
  const auto largest = [&](std::string_view name) {
    std::int64_t most = 0;
    each_number(statistics, name, [&](std::int64_t value, std::size_t) { most = std::max(most, value); });
    return most;
  };
  return static_cast<std::uint64_t>(largest(R"("fetchq_size":)") +
                                    kMessageBytes * largest(R"("fetchq_cnt":)"));
}

// Brokers that have sent something within the last second, part of an answer or all of it.
std::vector<std::string> receiving_from(std::string_view statistics) {
  constexpr std::int64_t kIdleMaxUs = 1'000'000;
  constexpr std::string_view kName = R"("name":")";
  std::vector<std::string> brokers;
  each_number(statistics, R"("rxidle":)", [&](std::int64_t idle, std::size_t at) {
    const std::size_t name = statistics.rfind(kName, at);
    if (idle < 0 || idle > kIdleMaxUs || name == std::string_view::npos) return;
    const std::size_t begin = name + kName.size();
    brokers.emplace_back(statistics.substr(begin, statistics.find('"', begin) - begin));
  });
  return brokers;
}

// The statistics say whether a broker is connected. Records do not: those in the local queue go on coming
// without one.
int on_statistics(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
  const std::string_view statistics(json, size);
  auto& connection = *static_cast<ConnectionState*>(opaque);
  if (statistics.find(R"("state":"UP")") != std::string_view::npos) connection.on_alive();
  connection.on_queue(queue_bytes_of(statistics));
  connection.on_receiving(receiving_from(statistics));
  return 0;  // librdkafka frees it
}

}  // namespace

Expected<std::unique_ptr<Consumer>> Consumer::open(const Settings& settings, const std::string& topic,
                                                   std::uint64_t queue_bytes,
                                                   const std::optional<FetchLimits>& limits,
                                                   ConnectionState& connection) {
  auto conf = make_conf(settings,
                        source_defaults(queue_bytes, whole_number(settings, "message.max.bytes").value_or(0)),
                        source_forced(limits));
  if (!conf) return tl::unexpected(conf.error());
  rd_kafka_conf_set_opaque(conf->get(), &connection);
  rd_kafka_conf_set_error_cb(conf->get(), on_error);
  rd_kafka_conf_set_stats_cb(conf->get(), on_statistics);
  auto handle = make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!handle) return tl::unexpected(handle.error());
  Topic handle_of_topic(rd_kafka_topic_new(handle->get(), topic.c_str(), nullptr));
  if (!handle_of_topic) {
    return fail(ExitCode::bad_config,
                fmt::format("source.topic \"{}\": {}", topic, rd_kafka_err2str(rd_kafka_last_error())));
  }
  return std::unique_ptr<Consumer>(new Consumer(topic, std::move(*handle), std::move(handle_of_topic)));
}

Consumer::Consumer(const std::string& topic, Handle handle, Topic handle_of_topic)
    : topic_name_(topic), handle_(std::move(handle)), topic_(std::move(handle_of_topic)) {}

Consumer::~Consumer() {
  watch_.reset();
  release();
}

Expected<void> Consumer::assign(const std::map<std::uint32_t, std::optional<std::uint64_t>>& from) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(from.size())));
  for (const auto& [partition, offset] : from)
    add(list, topic_name_, partition,
        offset ? static_cast<std::int64_t>(*offset) : RD_KAFKA_OFFSET_BEGINNING);
  if (const auto error = rd_kafka_assign(handle_.get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(ExitCode::temporary,
                fmt::format("cannot assign {}: {}", topic_name_, rd_kafka_err2str(error)));
  }
  queue_.reset(rd_kafka_queue_get_consumer(handle_.get()));
  std::vector<std::uint32_t> partitions;
  for (const auto& [partition, offset] : from) partitions.push_back(partition);
  watch_.emplace(handle_.get(), topic_.get(), std::move(partitions), !has_queue_backoff());
  return {};
}

std::size_t Consumer::take(std::chrono::milliseconds timeout, std::size_t max) {
  if (messages_.size() < message_count_ + max) messages_.resize(message_count_ + max);
  const ssize_t n = rd_kafka_consume_batch_queue(queue_.get(), static_cast<int>(timeout.count()),
                                                 messages_.data() + message_count_, max);
  if (n <= 0) return 0;
  message_count_ += static_cast<std::size_t>(n);
  return static_cast<std::size_t>(n);
}

void Consumer::release() {
  for (std::size_t i = 0; i < message_count_; ++i) rd_kafka_message_destroy(messages_[i]);
  message_count_ = 0;
}

FetchedMarks Consumer::fetched_marks(std::uint32_t partition) const {
  std::int64_t low = -1;
  std::int64_t high = -1;
  if (rd_kafka_get_watermark_offsets(handle_.get(), topic_name_.c_str(), static_cast<std::int32_t>(partition),
                                     &low, &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  const auto known = [](std::int64_t offset) {
    return offset < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(offset));
  };
  return {known(low), known(high)};
}

std::map<std::uint32_t, LogMarks> Consumer::ask_marks(const std::vector<std::uint32_t>& partitions,
                                                      std::chrono::milliseconds timeout) const {
  const auto ask = [&](LogPlace place) {
    return ask_offsets(handle_.get(), topic_name_, partitions, place, timeout);
  };
  std::map<std::uint32_t, LogMarks> marks;
  const auto starts = ask(LogPlace::start);
  const auto ends = starts.empty() ? std::map<std::uint32_t, std::uint64_t>() : ask(LogPlace::readable_end);
  for (const auto& [partition, start] : starts) {
    if (const auto end = ends.find(partition); end != ends.end()) marks[partition] = {start, end->second};
  }
  return marks;
}

void Consumer::commit(const std::map<std::uint32_t, std::uint64_t>& next_offsets) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(next_offsets.size())));
  for (const auto& [partition, next_offset] : next_offsets)
    add(list, topic_name_, partition, static_cast<std::int64_t>(next_offset));
  rd_kafka_commit(handle_.get(), list.get(), 1);
}

}  // namespace blockwatch::kafka
