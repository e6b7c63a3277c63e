// A thread that asks: made-up queries at a steady rate, with the times of now, into the demo's topic.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "base/error.h"
#include "cli/generate/population.h"
#include "cli/generate/traffic.h"
#include "pipeline/kafka/topic_writer.h"

namespace blockwatch {

/// Owned by the demo. Threads: traffic -> topic. stop() may be called once; the destructor stops as well.
class LiveTraffic {
 public:
  static Expected<std::unique_ptr<LiveTraffic>> start(const std::string& brokers, const std::string& topic,
                                                      std::uint32_t partitions, const Catalog& catalog,
                                                      std::uint64_t per_second);
  ~LiveTraffic();
  LiveTraffic(const LiveTraffic&) = delete;
  LiveTraffic& operator=(const LiveTraffic&) = delete;

  /// Everything written is acknowledged when this returns.
  Expected<void> stop();
  std::uint64_t written() const { return written_; }

 private:
  LiveTraffic(const Catalog& catalog, std::uint32_t partitions, std::uint64_t per_second,
              std::unique_ptr<TopicWriter> writer);
  Expected<void> run();

  Population population_;
  Traffic traffic_;
  std::uint64_t per_second_;
  std::unique_ptr<TopicWriter> writer_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> written_{0};
  Expected<void> result_;  // written by the thread, read after it was joined
  std::thread thread_;
};

}  // namespace blockwatch
