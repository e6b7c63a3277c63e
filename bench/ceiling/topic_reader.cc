#include "bench/ceiling/topic_reader.h"

#include "pipeline/kafka/source_settings.h"

namespace blockwatch::bench {
namespace {

constexpr std::size_t kBatchRecordsMax = 5000;
constexpr int kWaitMs = 100;
constexpr int kMetadataTimeoutMs = 10'000;

}  // namespace

Expected<std::unique_ptr<TopicReader>> TopicReader::open(const std::string& bootstrap_servers,
                                                         const std::string& topic) {
  auto conf = kafka::make_conf({{"bootstrap.servers", bootstrap_servers}}, kafka::source_defaults(),
                               kafka::source_forced());
  if (!conf) return tl::unexpected(conf.error());
  auto handle = kafka::make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!handle) return tl::unexpected(handle.error());
  kafka::Topic local(rd_kafka_topic_new(handle->get(), topic.c_str(), nullptr));
  if (!local) return fail(ExitCode::usage, rd_kafka_err2str(rd_kafka_last_error()));
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  const kafka::Metadata known = kafka::ask_metadata(handle->get(), local.get(), kMetadataTimeoutMs, error);
  if (!known || known->topic_cnt != 1 || known->topics[0].partition_cnt == 0) {
    return fail(ExitCode::temporary, "no topic " + topic + ": " + rd_kafka_err2str(error));
  }
  return std::unique_ptr<TopicReader>(
      new TopicReader(std::move(*handle), std::move(local), known->topics[0].partition_cnt));
}

TopicReader::TopicReader(kafka::Handle handle, kafka::Topic topic, int partitions)
    : handle_(std::move(handle)),
      topic_(std::move(topic)),
      partitions_(partitions),
      messages_(kBatchRecordsMax) {}

TopicReader::~TopicReader() {
  watch_.reset();
  release();
}

Expected<void> TopicReader::assign() {
  const kafka::PartitionList list(rd_kafka_topic_partition_list_new(partitions_));
  for (int partition = 0; partition < partitions_; ++partition) {
    kafka::add(list, rd_kafka_topic_name(topic_.get()), static_cast<std::uint32_t>(partition),
               RD_KAFKA_OFFSET_BEGINNING);
  }
  if (const auto error = rd_kafka_assign(handle_.get(), list.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fail(ExitCode::temporary, rd_kafka_err2str(error));
  }
  queue_.reset(rd_kafka_queue_get_consumer(handle_.get()));
  watch_.emplace(handle_.get(), topic_.get(), std::vector<std::uint32_t>{}, !kafka::has_queue_backoff());
  watch_->catching_up(true);
  return {};
}

Expected<std::span<rd_kafka_message_t* const>> TopicReader::next() {
  release();
  while (count_ == 0 && ended_ < partitions_) {
    // A call that may wait does so until its room is full, so only the first record is waited for.
    if (take(0, kBatchRecordsMax) == 0 && take(kWaitMs, 1) == 1) take(0, kBatchRecordsMax - 1);
    if (auto done = sort_out(); !done) return tl::unexpected(done.error());
  }
  return std::span<rd_kafka_message_t* const>(messages_.data(), count_);
}

std::size_t TopicReader::take(int timeout_ms, std::size_t room) {
  const ssize_t taken =
      rd_kafka_consume_batch_queue(queue_.get(), timeout_ms, messages_.data() + count_, room);
  if (taken <= 0) return 0;
  count_ += static_cast<std::size_t>(taken);
  return static_cast<std::size_t>(taken);
}

Expected<void> TopicReader::sort_out() {
  std::size_t records = 0;
  Expected<void> done;
  for (std::size_t i = 0; i < count_; ++i) {
    rd_kafka_message_t* message = messages_[i];
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      messages_[records++] = message;
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ended_;
    } else {
      done = fail(ExitCode::temporary, rd_kafka_message_errstr(message));
    }
    rd_kafka_message_destroy(message);
  }
  count_ = records;
  return done;
}

void TopicReader::release() {
  for (std::size_t i = 0; i < count_; ++i) rd_kafka_message_destroy(messages_[i]);
  count_ = 0;
}

}  // namespace blockwatch::bench
