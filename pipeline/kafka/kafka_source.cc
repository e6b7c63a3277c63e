#include "pipeline/kafka/kafka_source.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/prefetch.h"
#include "pipeline/kafka/client.h"
#include "pipeline/kafka/source_settings.h"
#include "pipeline/kafka/topic_partitions.h"
#include "pipeline/kafka/topic_watch.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBatchRecordsMax = 10'000;
// Each message was written by librdkafka's thread, on another core.
constexpr std::size_t kMessagesAhead = 8;
constexpr std::size_t kMessageBytes = 128;  // with what stands behind it: its timestamp
constexpr milliseconds kFetchWait{20};
constexpr milliseconds kLagInterval{500};
constexpr milliseconds kBrokerCommitInterval{1000};
// Below this lag everything fits into the local queues and no fetch ever pauses.
constexpr std::uint64_t kCatchingUpRecords = 10'000;

void on_error(rd_kafka_t*, int error, const char* reason, void* opaque) {
  static_cast<kafka::ConnectionState*>(opaque)->on_error(static_cast<rd_kafka_resp_err_t>(error), reason);
}

// The statistics say whether a broker is connected. Records do not: those in the local queue go on coming
// without one.
int on_statistics(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
  if (std::string_view(json, size).find(R"("state":"UP")") != std::string_view::npos) {
    static_cast<kafka::ConnectionState*>(opaque)->on_alive();
  }
  return 0;  // librdkafka frees it
}

TimeNs broker_time_of(const rd_kafka_message_t* message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t ms = rd_kafka_message_timestamp(message, &type);
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms < 0) return kNoTime;
  return ms > kTimeMax / kMillisecond ? kTimeMax : ms * kMillisecond;
}

struct Position {
  std::uint32_t partition = 0;
  std::optional<std::uint64_t> next_offset;  // none: whatever comes first
  bool at_end = false;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;  // the last one logged
};

/// Owns the consumer handle. The records of a batch borrow from librdkafka's messages, which go back at the
/// next poll.
class KafkaSource final : public Source {
 public:
  KafkaSource(const KafkaSourceOptions& options, Telemetry& telemetry,
              std::unique_ptr<kafka::ConnectionState> connection, kafka::Handle handle, kafka::Topic topic)
      : topic_name_(options.topic),
        whole_topic_(!options.partitions),
        commits_to_broker_(options.settings.contains("group.id")),
        telemetry_(telemetry),
        connection_(std::move(connection)),
        handle_(std::move(handle)),
        topic_(std::move(topic)),
        messages_(kBatchRecordsMax) {}

  ~KafkaSource() override {
    watch_.reset();
    release_messages();
  }
  KafkaSource(const KafkaSource&) = delete;
  KafkaSource& operator=(const KafkaSource&) = delete;

  Expected<void> assign(std::vector<std::uint32_t> partitions,
                        const std::map<std::uint32_t, std::uint64_t>& next_offsets) {
    partitions_ = std::move(partitions);
    const kafka::PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
    for (const std::uint32_t partition : partitions_) {
      Position position;
      position.partition = partition;
      if (const auto found = next_offsets.find(partition); found != next_offsets.end()) {
        position.next_offset = found->second;
      }
      positions_.push_back(position);
      rd_kafka_topic_partition_list_add(list.get(), topic_name_.c_str(), static_cast<std::int32_t>(partition))
          ->offset =
          position.next_offset ? static_cast<std::int64_t>(*position.next_offset) : RD_KAFKA_OFFSET_BEGINNING;
    }
    if (const auto error = rd_kafka_assign(handle_.get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(ExitCode::temporary,
                  fmt::format("cannot assign {}: {}", topic_name_, rd_kafka_err2str(error)));
    }
    queue_.reset(rd_kafka_queue_get_consumer(handle_.get()));
    watch_.emplace(handle_.get(), topic_.get(), !kafka::has_queue_backoff());
    next_lag_report_ = steady_clock::now() + kLagInterval;  // before that nobody knows
    return {};
  }

  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }

  Expected<void> poll(milliseconds timeout, SourceBatch& batch) override {
    release_messages();
    batch.clear();
    if (halted_) return tl::unexpected(*halted_);
    rd_kafka_poll(handle_.get(), 0);  // errors and statistics
    // A batch call waits until the batch is full or its time is over. So it never waits; where nothing is
    // there, one record is waited for.
    if (take(milliseconds(0), kBatchRecordsMax) == 0) {
      // An empty queue far from the end of the log is no lull: the next fetch is on its way.
      const milliseconds wait = std::max(timeout, lag() > kCatchingUpRecords ? kFetchWait : milliseconds(0));
      if (wait.count() > 0 && take(wait, 1) == 1) take(milliseconds(0), kBatchRecordsMax - 1);
    }
    sort_out(batch);
    report_lag();
    if (watch_->partition_count() > partitions_.size() && whole_topic_ && !halted_) {
      halted_ = Error{ExitCode::temporary,
                      fmt::format("topic {} has grown from {} to {} partitions; a restart takes the new ones",
                                  topic_name_, partitions_.size(), watch_->partition_count())};
    }
    commit_to_broker();
    if (halted_ && batch.records.empty()) return tl::unexpected(*halted_);
    return {};
  }

  void committed(std::span<const PartitionProgress> progress) override {
    if (!commits_to_broker_) return;
    for (const PartitionProgress& p : progress) uncommitted_[p.partition] = p.next_offset;
    commit_to_broker();
  }

 private:
  std::size_t take(milliseconds timeout, std::size_t max) {
    const ssize_t n = rd_kafka_consume_batch_queue(queue_.get(), static_cast<int>(timeout.count()),
                                                   messages_.data() + message_count_, max);
    if (n <= 0) return 0;
    message_count_ += static_cast<std::size_t>(n);
    return static_cast<std::size_t>(n);
  }

  void release_messages() {
    for (std::size_t i = 0; i < message_count_; ++i) rd_kafka_message_destroy(messages_[i]);
    message_count_ = 0;
  }

  Position* position_of(const rd_kafka_message_t* message) {
    const auto partition = static_cast<std::uint32_t>(message->partition);
    if (positions_.empty() || partition < positions_.front().partition ||
        partition > positions_.back().partition) {
      return nullptr;
    }
    return &positions_[partition - positions_.front().partition];  // the partitions are a range without holes
  }

  void sort_out(SourceBatch& batch) {
    std::uint64_t repeated = 0;
    batch.records.reserve(message_count_);
    for (std::size_t i = 0; i < message_count_ && !halted_; ++i) {
      const rd_kafka_message_t* message = messages_[i];
      if (i + kMessagesAhead < message_count_) prefetch_lines(messages_[i + kMessagesAhead], kMessageBytes);
      Position* position = position_of(message);
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        on_event(message, position);
        continue;
      }
      if (position == nullptr) continue;
      const auto offset = static_cast<std::uint64_t>(message->offset);
      if (position->next_offset && offset < *position->next_offset) {
        ++repeated;
        continue;
      }
      position->next_offset = offset + 1;  // a jump ahead is legal: control records, compaction
      position->at_end = false;
      position->error = RD_KAFKA_RESP_ERR_NO_ERROR;
      batch.records.push_back({position->partition, offset, broker_time_of(message),
                               std::string_view(static_cast<const char*>(message->payload),
                                                message->payload == nullptr ? 0 : message->len)});
    }
    if (repeated > 0) {
      log::warning("kafka_repeated_records", "the broker delivered records again; they were dropped",
                   {{"records", repeated}});
    }
    // Without a connection nobody knows where the log ends.
    if (connection_->down()) return;
    for (const Position& p : positions_) {
      if (p.at_end) batch.at_end.push_back(p.partition);
    }
  }

  void on_event(const rd_kafka_message_t* message, Position* position) {
    const std::string_view reason = message->payload == nullptr ? "" : rd_kafka_message_errstr(message);
    switch (message->err) {
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (position != nullptr) position->at_end = true;
        return;
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
#if RD_KAFKA_VERSION >= 0x020100ff
      case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
#endif
        halt(message, position, reason);
        return;
      case RD_KAFKA_RESP_ERR__BAD_MSG:
      case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        // librdkafka would skip what it cannot read: a silent gap.
        halted_ =
            Error{ExitCode::temporary, fmt::format("partition {}/{}: unreadable records at offset {}: {}",
                                                   topic_name_, message->partition, message->offset, reason)};
        return;
      default:
        if (rd_kafka_fatal_error(handle_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
          halted_ = Error{ExitCode::temporary, fmt::format("the Kafka client failed for good: {}", reason)};
          return;
        }
        if (position == nullptr || position->error == message->err)
          return;  // of the group, or logged already
        position->error = message->err;
        position->at_end = false;
        log::warning("kafka_partition_error", "a partition cannot be read; trying again",
                     {{"topic", topic_name_},
                      {"partition", position->partition},
                      {"error", rd_kafka_err2name(message->err)}});
    }
  }

  void halt(const rd_kafka_message_t* message, const Position* position, std::string_view reason) {
    const std::string offset = position != nullptr && position->next_offset
                                   ? std::to_string(*position->next_offset)
                                   : std::string("of its first record");
    halted_ = Error{
        ExitCode::state_damaged,
        fmt::format(
            "halted: partition {}/{}: offset {} is no longer (or not yet) in the topic: {} (retention "
            "overran "
            "this state, or the topic was truncated or created anew; compare the topic's offsets with "
            "`blockwatch completeness`, and start an empty state.dir to count what the topic still has)",
            topic_name_, message->partition, offset, reason)};
  }

  // As of the last fetch; none: not fetched yet. The marks are cached values, no request.
  std::optional<std::uint64_t> lag_of(const Position& p) const {
    std::int64_t low = -1;
    std::int64_t high = -1;
    if (rd_kafka_get_watermark_offsets(handle_.get(), topic_name_.c_str(),
                                       static_cast<std::int32_t>(p.partition), &low,
                                       &high) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0) {
      return std::nullopt;
    }
    const auto end = static_cast<std::uint64_t>(high);
    const std::uint64_t next = p.next_offset.value_or(low < 0 ? 0 : static_cast<std::uint64_t>(low));
    // At the end, whatever lies before the mark is control records.
    return p.at_end || end <= next ? 0 : end - next;
  }

  std::uint64_t lag() const {
    std::uint64_t total = 0;
    for (const Position& p : positions_) total += lag_of(p).value_or(0);
    return total;
  }

  void report_lag() {
    const auto now = steady_clock::now();
    if (now < next_lag_report_) return;
    next_lag_report_ = now + kLagInterval;
    std::uint64_t total = 0;
    for (const Position& p : positions_) {
      const auto lag = lag_of(p);
      if (!lag) continue;
      telemetry_.lag(topic_name_, p.partition, *lag);
      total += *lag;
    }
    watch_->catching_up(total > kCatchingUpRecords);
  }

  // Advice: a failure means that a lag tool sees an older figure, and the next second brings another try.
  void commit_to_broker() {
    if (uncommitted_.empty() || connection_->down() || steady_clock::now() < next_commit_) return;
    next_commit_ = steady_clock::now() + kBrokerCommitInterval;
    const kafka::PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(uncommitted_.size())));
    for (const auto& [partition, next_offset] : uncommitted_) {
      rd_kafka_topic_partition_list_add(list.get(), topic_name_.c_str(), static_cast<std::int32_t>(partition))
          ->offset = static_cast<std::int64_t>(next_offset);
    }
    rd_kafka_commit(handle_.get(), list.get(), 1);
    uncommitted_.clear();
  }

  const std::string topic_name_;
  const bool whole_topic_;
  const bool commits_to_broker_;
  Telemetry& telemetry_;
  std::unique_ptr<kafka::ConnectionState> connection_;  // the handle's callbacks use it
  kafka::Handle handle_;
  kafka::Topic topic_;
  kafka::Queue queue_;
  std::vector<std::uint32_t> partitions_;
  std::vector<Position> positions_;  // one per partition, ascending
  std::vector<rd_kafka_message_t*> messages_;
  std::size_t message_count_ = 0;
  std::optional<Error> halted_;  // returned once the records before it are
  std::map<std::uint32_t, std::uint64_t> uncommitted_;
  steady_clock::time_point next_commit_{};
  steady_clock::time_point next_lag_report_{};
  std::optional<kafka::TopicWatch> watch_;
};

}  // namespace

Expected<std::unique_ptr<Source>> make_kafka_source(const KafkaSourceOptions& options, Telemetry& telemetry,
                                                    const std::atomic<bool>& stop) {
  auto connection = std::make_unique<kafka::ConnectionState>();
  auto conf = kafka::make_conf(options.settings, kafka::source_defaults(), kafka::source_forced());
  if (!conf) return tl::unexpected(conf.error());
  rd_kafka_conf_set_opaque(conf->get(), connection.get());
  rd_kafka_conf_set_error_cb(conf->get(), on_error);
  rd_kafka_conf_set_stats_cb(conf->get(), on_statistics);
  auto handle = kafka::make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!handle) return tl::unexpected(handle.error());
  kafka::Topic topic(rd_kafka_topic_new(handle->get(), options.topic.c_str(), nullptr));
  if (!topic) {
    return fail(ExitCode::bad_config, fmt::format("source.topic \"{}\": {}", options.topic,
                                                  rd_kafka_err2str(rd_kafka_last_error())));
  }

  const auto count = kafka::count_partitions(handle->get(), topic.get(), *connection, stop);
  if (!count) return tl::unexpected(count.error());
  auto chosen = kafka::choose_partitions(options, *count);
  if (!chosen) return tl::unexpected(chosen.error());

  auto source = std::make_unique<KafkaSource>(options, telemetry, std::move(connection), std::move(*handle),
                                              std::move(topic));
  if (auto assigned = source->assign(std::move(*chosen), options.next_offsets); !assigned) {
    return tl::unexpected(assigned.error());
  }
  return source;
}

}  // namespace blockwatch
