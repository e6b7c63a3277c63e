#include "pipeline/kafka/kafka_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/log.h"
#include "base/prefetch.h"
#include "pipeline/kafka/client.h"
#include "pipeline/kafka/consumer.h"
#include "pipeline/kafka/fetch_limits.h"
#include "pipeline/kafka/message.h"
#include "pipeline/kafka/position.h"
#include "pipeline/kafka/source_settings.h"
#include "pipeline/kafka/topic_partitions.h"

namespace blockwatch {
namespace {

using kafka::Position;

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
// Of a doubtful partition; the poll waits for the answer.
constexpr milliseconds kMarksInterval{500};
constexpr milliseconds kMarksTimeout{1000};
// Where more is between two polls, the reader was busy elsewhere.
constexpr milliseconds kPauseMin{2000};
// A log that is not there (a topic being deleted) is not asked for more often.
constexpr milliseconds kReopenInterval{1000};

/// Owns the consumer. The records of a batch borrow from librdkafka's messages, which go back at the next
/// poll.
class KafkaSource final : public Source {
 public:
  KafkaSource(KafkaSourceOptions options, Telemetry& telemetry,
              std::unique_ptr<kafka::ConnectionState> connection, std::unique_ptr<kafka::Consumer> consumer)
      : options_(std::move(options)),
        commits_to_broker_(options_.settings.contains("group.id")),
        telemetry_(telemetry),
        connection_(std::move(connection)),
        consumer_(std::move(consumer)) {}

  Expected<void> assign(std::vector<std::uint32_t> partitions) {
    partitions_ = std::move(partitions);
    cluster_ = kafka::cluster_id_of(consumer_->handle());
    pace_.emplace(kafka::source_fetch_limits(options_.settings, options_.queue_bytes, partitions_.size()));
    for (const std::uint32_t partition : partitions_) {
      const auto start = options_.starts.find(partition);
      const bool known = start != options_.starts.end();
      positions_.push_back(
          {partition, LogCheck(known ? std::optional(start->second.next_offset) : std::nullopt,
                               known ? start->second.anchor : std::nullopt)});
      positions_.back().check.on_cluster(cluster_);
    }
    was_down_ = connection_->down();
    last_poll_ = steady_clock::now();
    next_look_ = last_poll_ + kLagInterval;  // before that nobody knows
    return consumer_->assign(reading());
  }

  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
  std::string cluster() const override { return cluster_; }

  Expected<void> poll(milliseconds timeout, SourceBatch& batch) override {
    consumer_->release();
    batch.clear();
    if (failed_) return tl::unexpected(*failed_);
    rd_kafka_poll(consumer_->handle(), 0);  // errors and statistics
    if (auto done = reopen_if_due(); !done) return done;
    take(timeout);
    sort_out(batch);
    ask_marks();
    report_findings(batch);
    look_around(batch);
    if (consumer_->partition_count() > partitions_.size() && !options_.partitions && !failed_) {
      failed_ = Error{ExitCode::temporary,
                      fmt::format("topic {} has grown from {} to {} partitions; a restart takes the new ones",
                                  options_.topic, partitions_.size(), consumer_->partition_count())};
    }
    commit_to_broker();
    if (failed_ && batch.records.empty() && batch.gaps.empty()) return tl::unexpected(*failed_);
    return {};
  }

  void committed(std::span<const PartitionProgress> progress) override {
    if (!commits_to_broker_) return;
    for (const PartitionProgress& p : progress) uncommitted_[p.partition] = p.next_offset;
    commit_to_broker();
  }

 private:
  // ---- reading
  std::map<std::uint32_t, std::optional<std::uint64_t>> reading() const {
    std::map<std::uint32_t, std::optional<std::uint64_t>> from;
    for (const Position& p : positions_) {
      if (!p.check.halted()) from[p.partition] = p.check.read_from();
    }
    return from;
  }

  void take(milliseconds timeout) {
    // A batch call waits until the batch is full or its time is over. So it never waits; where nothing is
    // there, one record is waited for.
    if (consumer_->take(milliseconds(0), kBatchRecordsMax) != 0) return;
    // An empty queue far from the end of the log is no lull: the next fetch is on its way.
    const milliseconds wait = std::max(timeout, lag() > kCatchingUpRecords ? kFetchWait : milliseconds(0));
    if (wait.count() > 0 && consumer_->take(wait, 1) == 1)
      consumer_->take(milliseconds(0), kBatchRecordsMax - 1);
  }

  /// A new handle, as after an outage the brokers may have another log: everything is compared again.
  Expected<void> reopen_if_due() {
    const bool is_down = connection_->down();
    reopen_ |= is_down && !was_down_;
    was_down_ = is_down;
    const auto now = steady_clock::now();
    fit_the_link(now);
    if (!reopen_ || now < next_reopen_) return {};
    reopen_ = false;
    next_reopen_ = now + kReopenInterval;
    auto consumer = kafka::Consumer::open(options_.settings, options_.topic, options_.queue_bytes,
                                          pace_->limits(), *connection_);
    if (!consumer) return tl::unexpected(consumer.error());
    consumer_ = std::move(*consumer);
    for (Position& p : positions_) {
      p.check.begin_again();
      p.at_end = p.is_gone = false;
      p.reached = 0;
    }
    return consumer_->assign(reading());
  }

  void fit_the_link(steady_clock::time_point now) {
    if (connection_->take_slow_answer() && pace_->on_timeout(now)) {
      log::warning(
          "kafka_slow_link",
          "an answer of the broker was still coming when its time was over; less is asked for at once",
          {{"topic", options_.topic},
           {"bytes", pace_->limits()->answer_bytes},
           {"timeout_ms", pace_->limits()->timeout.count()}});
      reopen_ = true;
    }
    if (pace_->limits() && lag() == 0) reopen_ |= pace_->faster_if_due(now);
  }

  Position* position_of(const rd_kafka_message_t* message) {
    const auto partition = static_cast<std::uint32_t>(message->partition);
    if (positions_.empty() || partition < positions_.front().partition ||
        partition > positions_.back().partition) {
      return nullptr;
    }
    return &positions_[partition - positions_.front().partition];  // the partitions are a range without holes
  }

  Anchor anchor_of(const rd_kafka_message_t* message) const {
    return {cluster_, kafka::broker_time_of(message),
            siphash(options_.fingerprint_key, kafka::payload_of(message))};
  }

  void sort_out(SourceBatch& batch) {
    std::uint64_t repeated = 0;
    const auto messages = consumer_->messages();
    batch.records.reserve(messages.size());
    for (std::size_t i = 0; i < messages.size() && !failed_; ++i) {
      const rd_kafka_message_t* message = messages[i];
      if (i + kMessagesAhead < messages.size()) prefetch_lines(messages[i + kMessagesAhead], kMessageBytes);
      Position* position = position_of(message);
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        on_event(message, position);
        continue;
      }
      if (position == nullptr || is_another_log(*position)) continue;
      const auto offset = static_cast<std::uint64_t>(message->offset);
      const auto what = position->check.on_record(offset, [&] { return anchor_of(message); });
      repeated += what == LogCheck::Take::repeated ? 1 : 0;
      if (what != LogCheck::Take::deliver) continue;
      position->at_end = false;
      position->has_moved = true;
      position->error = RD_KAFKA_RESP_ERR_NO_ERROR;
      position->last = message;
      batch.records.push_back(
          {position->partition, offset, kafka::broker_time_of(message), kafka::payload_of(message)});
    }
    for (Position& p : positions_) {
      if (const auto* last = std::exchange(p.last, nullptr)) p.check.remember(anchor_of(last));
    }
    if (repeated > 0) {
      telemetry_.repeated(repeated);
      log::warning("kafka_repeated_records", "the broker delivered records again; they were dropped",
                   {{"records", repeated}});
    }
    // Without a connection nobody knows where the log ends.
    if (connection_->down()) return;
    for (const Position& p : positions_) {
      if (p.is_at_end()) batch.at_end.push_back(p.partition);
    }
  }

  /// A partition that the brokers did not know for a while is compared before anything of it counts.
  bool is_another_log(const Position& position) {
    reopen_ |= position.is_gone;
    return position.is_gone;
  }

  void on_event(const rd_kafka_message_t* message, Position* position) {
    const std::string_view reason = message->payload == nullptr ? "" : rd_kafka_message_errstr(message);
    switch (message->err) {
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if (position == nullptr || is_another_log(*position)) return;
        position->at_end = position->check.on_end(steady_clock::now());
        if (position->at_end) position->reached = static_cast<std::uint64_t>(message->offset);
        return;
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
#if RD_KAFKA_VERSION >= 0x020100ff
      case RD_KAFKA_RESP_ERR__LOG_TRUNCATION:
#endif
        if (position == nullptr) return;
        position->at_end = false;
        position->check.on_refused(steady_clock::now());
        return;
      case RD_KAFKA_RESP_ERR__BAD_MSG:
      case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        // librdkafka would skip what it cannot read: a silent gap.
        failed_ = Error{ExitCode::temporary,
                        fmt::format("partition {}/{}: unreadable records at offset {}: {}", options_.topic,
                                    message->partition, message->offset, reason)};
        return;
      default:
        if (rd_kafka_fatal_error(consumer_->handle(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR) {
          failed_ = Error{ExitCode::temporary, fmt::format("the Kafka client failed for good: {}", reason)};
          return;
        }
        on_partition_error(message->err, position);
    }
  }

  void on_partition_error(rd_kafka_resp_err_t error, Position* position) {
    if (position == nullptr) return;  // of the group
    position->at_end = false;
    if (kafka::is_unknown_topic(error)) {
      position->is_gone = true;
      reopen_ = true;
    }
    if (std::exchange(position->error, error) == error) return;  // logged already
    log::warning(
        "kafka_partition_error", "a partition cannot be read; trying again",
        {{"topic", options_.topic}, {"partition", position->partition}, {"error", rd_kafka_err2name(error)}});
  }

  // ---- whether the logs are those that were counted on
  void ask_marks() {
    std::vector<std::uint32_t> doubtful;
    for (const Position& p : positions_) {
      if (p.check.in_doubt()) doubtful.push_back(p.partition);
    }
    if (doubtful.empty() || steady_clock::now() < next_marks_) return;
    const auto marks = consumer_->ask_marks(doubtful, kMarksTimeout);
    next_marks_ = steady_clock::now() + kMarksInterval;
    for (Position& p : positions_) {
      if (const auto found = marks.find(p.partition); found != marks.end())
        p.check.on_marks(found->second, options_.on_gap, steady_clock::now());
    }
  }

  void report_findings(SourceBatch& batch) {
    bool all_halted = true;
    for (Position& p : positions_) {
      if (p.check.take_verified()) batch.verified.push_back(p.partition);
      reopen_ |= p.check.take_reread();
      if (auto gap = p.check.take_gap()) {
        gap->partition = p.partition;
        complete_marks(*gap);
        batch.gaps.push_back(*gap);
        reopen_ = true;  // without it, or from another place
      }
      all_halted = all_halted && p.check.halted();
    }
    if (!all_halted || failed_) return;
    failed_ = Error{ExitCode::state_damaged,
                    fmt::format("halted: every partition of topic {} that is read here; `blockwatch gaps "
                                "list` says why, `blockwatch gaps accept` how to go on",
                                options_.topic)};
  }

  /// The operator wants to know them also where they were not what halted it.
  void complete_marks(GapFound& gap) const {
    if (gap.log_start) return;
    const auto marks = consumer_->ask_marks({gap.partition}, kMarksTimeout);
    const auto found = marks.find(gap.partition);
    if (found == marks.end()) return;
    gap.log_start = found->second.start;
    gap.log_end = found->second.end;
  }

  // ---- what others want to know
  std::optional<std::uint64_t> lag_of(const Position& p) const {
    return p.lag(consumer_->fetched_marks(p.partition));
  }

  std::uint64_t lag() const {
    std::uint64_t total = 0;
    for (const Position& p : positions_) total += p.check.halted() ? 0 : lag_of(p).value_or(0);
    return total;
  }

  void look_around(SourceBatch& batch) {
    const auto now = steady_clock::now();
    const auto since = now - std::exchange(last_poll_, now);
    if (since > kPauseMin) {
      for (Position& p : positions_) p.silence.on_pause(since);
    }
    if (now < next_look_) return;
    next_look_ = now + kLagInterval;
    const auto ends = consumer_->readable_ends();
    for (Position& p : positions_) {
      if (const auto said = ends.find(p.partition); said != ends.end()) p.readable = said->second;
    }
    report_lag(batch, now);
    telemetry_.memory_used(MemoryPart::source_queue, connection_->queue_bytes());
    look_for_silence(batch, now);
  }

  // ---- whether a partition has fallen silent
  void look_for_silence(SourceBatch& batch, steady_clock::time_point now) {
    for (Position& p : positions_) {
      const bool is_read = !p.check.halted() && !p.check.in_doubt() && !connection_->down();
      if (std::exchange(p.has_moved, false) || !is_read)
        p.silence.on_progress(now);
      else
        judge_silence(p, batch, now);
      telemetry_.silent(options_.topic, p.partition,
                        p.silence.is_found() ? p.silence.silent_for(now) : std::chrono::seconds(0));
    }
  }

  void judge_silence(Position& p, SourceBatch& batch, steady_clock::time_point now) {
    const std::uint64_t place = p.place();
    const auto finding =
        p.silence.look(place, p.readable, consumer_->fetched_marks(p.partition).end, now, patience_);
    if (finding == SilenceWatch::Finding::nothing) return;
    const bool is_news = p.silence.take_news();
    if (is_news) batch.silent.push_back({p.partition, place});
    if (finding == SilenceWatch::Finding::held_back) {
      if (is_news)
        log::warning("partition_held_back",
                     "a producer's transaction is open, and what stands behind it may not be read; find the "
                     "producer (kafka-transactions.sh find-hanging)",
                     {{"topic", options_.topic}, {"partition", p.partition}, {"offset", place}});
      return;
    }
    if (finding == SilenceWatch::Finding::stalled) {
      log::error("partition_stalled", "nothing comes from a partition that has records; it is read anew",
                 {{"topic", options_.topic},
                  {"partition", p.partition},
                  {"offset", place},
                  {"end", p.readable->offset}});
      reopen_ = true;
      return;
    }
    failed_ =
        Error{ExitCode::temporary,
              fmt::format("partition {}/{} has been silent for {} s although it has records, and reading "
                          "it anew did not help; a restart may",
                          options_.topic, p.partition, p.silence.silent_for(now).count())};
  }

  void report_lag(SourceBatch& batch, steady_clock::time_point now) {
    std::uint64_t total = 0;
    for (Position& p : positions_) {
      const auto lag = p.check.halted() || connection_->down() ? std::nullopt : lag_of(p);
      if (p.growth.look(lag, now)) report_growth(p, *lag, batch);
      telemetry_.lag_grows(options_.topic, p.partition, p.growth.is_growing());
      if (!lag) continue;
      telemetry_.lag(options_.topic, p.partition, *lag);
      total += *lag;
    }
    const bool catches_up = total > kCatchingUpRecords;
    consumer_->catching_up(catches_up);
    patience_ = SilenceWatch::kStallMax;
    if (catches_up) patience_ = std::max(patience_, pace_->turn_max(positions_.size()));
  }

  void report_growth(const Position& p, std::uint64_t lag, SourceBatch& batch) const {
    batch.silent.push_back({p.partition, p.place()});
    log::warning("lag_grows", "more comes than is counted, each minute for ten minutes",
                 {{"topic", options_.topic}, {"partition", p.partition}, {"lag", lag}});
  }

  // Advice: a failure means that a lag tool sees an older figure, and the next second brings another try.
  void commit_to_broker() {
    if (uncommitted_.empty() || connection_->down() || steady_clock::now() < next_commit_) return;
    next_commit_ = steady_clock::now() + kBrokerCommitInterval;
    consumer_->commit(uncommitted_);
    uncommitted_.clear();
  }

  const KafkaSourceOptions options_;
  const bool commits_to_broker_;
  Telemetry& telemetry_;
  std::unique_ptr<kafka::ConnectionState> connection_;  // the consumer's callbacks use it
  std::unique_ptr<kafka::Consumer> consumer_;
  std::vector<std::uint32_t> partitions_;
  std::string cluster_;
  std::optional<kafka::FetchPace> pace_;                     // set by assign()
  std::vector<Position> positions_;                          // one per partition, ascending
  std::optional<Error> failed_;                              // returned once the records before it are
  std::chrono::seconds patience_ = SilenceWatch::kStallMax;  // with a partition from which nothing comes
  bool reopen_ = false;
  bool was_down_ = false;
  std::map<std::uint32_t, std::uint64_t> uncommitted_;
  steady_clock::time_point next_reopen_{};
  steady_clock::time_point next_marks_{};
  steady_clock::time_point next_commit_{};
  steady_clock::time_point last_poll_{};
  steady_clock::time_point next_look_{};
};

}  // namespace

Expected<std::unique_ptr<Source>> make_kafka_source(const KafkaSourceOptions& options, Telemetry& telemetry,
                                                    const std::atomic<bool>& stop) {
  auto connection = std::make_unique<kafka::ConnectionState>();
  auto consumer =
      kafka::Consumer::open(options.settings, options.topic, options.queue_bytes, std::nullopt, *connection);
  if (!consumer) return tl::unexpected(consumer.error());
  const auto count = kafka::count_partitions((*consumer)->handle(), (*consumer)->topic(), *connection, stop);
  if (!count) return tl::unexpected(count.error());
  auto chosen = kafka::choose_partitions(options, *count);
  if (!chosen) return tl::unexpected(chosen.error());
  auto source =
      std::make_unique<KafkaSource>(options, telemetry, std::move(connection), std::move(*consumer));
  if (auto assigned = source->assign(std::move(*chosen)); !assigned) {
    return tl::unexpected(assigned.error());
  }
  return source;
}

}  // namespace blockwatch
