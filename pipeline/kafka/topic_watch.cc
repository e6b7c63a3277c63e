#include "pipeline/kafka/topic_watch.h"

#include <chrono>

namespace blockwatch::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kWakePeriod{5};
constexpr milliseconds kIdlePeriod{250};
constexpr std::chrono::seconds kGrowthInterval{30};
constexpr int kRequestTimeoutMs = 100;

}  // namespace

TopicWatch::TopicWatch(rd_kafka_t* handle, rd_kafka_topic_t* topic, bool wake)
    : handle_(handle), topic_(topic), wake_(wake), thread_([this] { run(); }) {}

TopicWatch::~TopicWatch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void TopicWatch::run() {
  auto next_look = steady_clock::now() + kGrowthInterval;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const bool waking = wake_ && catching_up_.load(std::memory_order_relaxed);
    changed_.wait_for(lock, waking ? kWakePeriod : kIdlePeriod, [this] { return stop_; });
    if (stop_ || (!waking && steady_clock::now() < next_look)) continue;
    lock.unlock();
    look();
    next_look = steady_clock::now() + kGrowthInterval;
    lock.lock();
  }
}

void TopicWatch::look() {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  const Metadata answer = ask_metadata(handle_, topic_, kRequestTimeoutMs, error);
  if (!answer || answer->topic_cnt != 1 || answer->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  partition_count_.store(static_cast<std::uint32_t>(answer->topics[0].partition_cnt),
                         std::memory_order_relaxed);
}

}  // namespace blockwatch::kafka
