#include "cli/demo/live_traffic.h"

#include <chrono>
#include <utility>

#include "base/time.h"

namespace blockwatch {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{5};
// Before the first query: clients connect and find their leaders, which is not the way of an alert.
constexpr std::chrono::milliseconds kWarmUp{800};
// More of those whom the example policy names than the real network has, so that half a minute shows
// something.
constexpr AskerShares kShares{30'000, 50'000};

}  // namespace

Expected<std::unique_ptr<LiveTraffic>> LiveTraffic::start(const std::string& brokers,
                                                          const std::string& topic, std::uint32_t partitions,
                                                          const Catalog& catalog, std::uint64_t per_second) {
  auto writer = make_topic_writer(brokers, topic, partitions);
  if (!writer) return tl::unexpected(writer.error());
  return std::unique_ptr<LiveTraffic>(new LiveTraffic(catalog, partitions, per_second, std::move(*writer)));
}

LiveTraffic::LiveTraffic(const Catalog& catalog, std::uint32_t partitions, std::uint64_t per_second,
                         std::unique_ptr<TopicWriter> writer)
    : population_(catalog, wall_clock_now(), kShares),
      traffic_(population_, {.seed = static_cast<std::uint64_t>(wall_clock_now()),
                             .partitions = partitions,
                             .oddities_per_million = 20'000,
                             .plain_times = true}),
      per_second_(per_second),
      writer_(std::move(writer)),
      thread_([this] { result_ = run(); }) {}

LiveTraffic::~LiveTraffic() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

Expected<void> LiveTraffic::stop() {
  stop_ = true;
  thread_.join();
  return result_;
}

Expected<void> LiveTraffic::run() {
  std::this_thread::sleep_for(kWarmUp);
  const auto start = steady_clock::now();
  while (!stop_) {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start);
    const std::uint64_t due = static_cast<std::uint64_t>(passed.count()) * per_second_ / 1000;
    const std::uint64_t before = written_;
    for (std::uint64_t i = before; i < due; ++i) {
      const GeneratedRecord& record = traffic_.make(wall_clock_now());
      if (auto ok = writer_->write(record.partition, record.key, record.payload, record.broker_time); !ok)
        return ok;
    }
    // Sent at once: the alert's way is to be seen, not the producer's batching.
    if (due > before) {
      if (auto ok = writer_->flush(); !ok) return ok;
      written_ = due;
    }
    std::this_thread::sleep_for(kTick);
  }
  return {};
}

}  // namespace blockwatch
