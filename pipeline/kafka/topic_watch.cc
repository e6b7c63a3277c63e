#include "pipeline/kafka/topic_watch.h"

#include <chrono>
#include <utility>

#include "pipeline/kafka/ask_offsets.h"

namespace blockwatch::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kWakePeriod{5};
constexpr milliseconds kIdlePeriod{250};
constexpr seconds kGrowthInterval{30};
constexpr int kMetadataTimeoutMs = 100;
// Added to SilenceWatch::kStallMax it is how long a stall goes unnoticed.
constexpr seconds kEndsInterval{5};
constexpr milliseconds kEndsTimeout{1000};

}  // namespace

TopicWatch::TopicWatch(rd_kafka_t* handle, rd_kafka_topic_t* topic, std::vector<std::uint32_t> partitions,
                       bool wake)
    : handle_(handle), topic_(topic), partitions_(std::move(partitions)), wake_(wake), thread_([this] {
        run();
      }) {}

TopicWatch::~TopicWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

std::map<std::uint32_t, ReadableEnd> TopicWatch::readable_ends() const {
  const std::lock_guard lock(mutex_);
  return ends_;
}

void TopicWatch::run() {
  auto next_metadata = steady_clock::now() + kGrowthInterval;
  auto next_ends = steady_clock::now() + kEndsInterval;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const bool waking = wake_ && catching_up_.load(std::memory_order_relaxed);
    changed_.wait_for(lock, waking ? kWakePeriod : kIdlePeriod, [this] { return stop_; });
    if (stop_) return;
    lock.unlock();
    if (waking || steady_clock::now() >= next_metadata) {
      ask_metadata();
      next_metadata = steady_clock::now() + kGrowthInterval;
    }
    if (steady_clock::now() >= next_ends) {
      ask_ends();
      next_ends = steady_clock::now() + kEndsInterval;
    }
    lock.lock();
  }
}

void TopicWatch::ask_metadata() {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  const Metadata answer = kafka::ask_metadata(handle_, topic_, kMetadataTimeoutMs, error);
  if (!answer || answer->topic_cnt != 1 || answer->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  partition_count_.store(static_cast<std::uint32_t>(answer->topics[0].partition_cnt),
                         std::memory_order_relaxed);
}

void TopicWatch::ask_ends() {
  if (partitions_.empty()) return;
  const auto answer =
      ask_offsets(handle_, rd_kafka_topic_name(topic_), partitions_, LogPlace::readable_end, kEndsTimeout);
  const auto now = steady_clock::now();
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, end] : answer) ends_[partition] = {end, now};
}

}  // namespace blockwatch::kafka
