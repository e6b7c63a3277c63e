#include "pipeline/feed_watch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"

namespace blockwatch {
namespace {

constexpr TimeNs kLookInterval = kMinute;
constexpr std::int64_t kWeekHours = 7 * 24;

}  // namespace

std::map<std::uint32_t, std::uint64_t> FeedWatch::messages_of(std::int64_t hour) const {
  std::map<std::uint32_t, std::uint64_t> messages;
  store_.snapshot()->for_each_cell(
      Cube::messages, Granularity::hour, hour, hour + 1,
      [&](const BucketKey& bucket, const CellCount& cell) { messages[bucket.partition] += cell.count; });
  return messages;
}

// The least of the hour and its neighbors: when summer time ends a rush hour begins an hour later, by UTC.
void FeedWatch::learn(std::int64_t hour) {
  std::map<std::uint32_t, std::array<std::array<std::uint64_t, kPatternWeeks>, 3>> seen;
  for (std::size_t week = 0; week < kPatternWeeks; ++week) {
    for (std::size_t beside = 0; beside < 3; ++beside) {
      const std::int64_t then =
          hour - static_cast<std::int64_t>(week + 1) * kWeekHours + static_cast<std::int64_t>(beside) - 1;
      for (const auto& [number, messages] : messages_of(then)) seen[number][beside][week] = messages;
    }
  }
  for (auto& [number, partition] : partitions_) partition.usual = 0;
  for (const auto& [number, hours] : seen) {
    std::uint64_t least = UINT64_MAX;
    for (const auto& weeks : hours) least = std::min(least, usual_messages(weeks).value_or(0));
    partitions_[number].usual = least;
  }
  learned_hour_ = hour;
}

std::vector<std::uint32_t> FeedWatch::look(const std::set<std::uint32_t>& at_end, TimeNs now) {
  if (now < next_look_ || at_end.empty()) return {};
  next_look_ = now + kLookInterval;
  const std::int64_t hour = bucket_of(now, kHour);
  // Who reaches the end of the log has brought what the weeks before had.
  if (hour != learned_hour_ ||
      !std::includes(learned_of_.begin(), learned_of_.end(), at_end.begin(), at_end.end()))
    learn(hour);
  learned_of_.insert(at_end.begin(), at_end.end());
  std::vector<std::uint32_t> news;
  const auto seen = messages_of(hour);
  for (auto& [number, partition] : partitions_) {
    if (!at_end.contains(number)) continue;
    const auto found = seen.find(number);
    const std::uint64_t messages = found == seen.end() ? 0 : found->second;
    const bool was_quiet = partition.watch.is_quiet();
    if (partition.watch.look(traffic_of(messages, partition.usual, hour * kHour, now)))
      news.push_back(number);
    if (partition.watch.is_quiet() != was_quiet) tell(number, partition, messages);
    telemetry_.quiet(topic_, number, partition.watch.is_quiet());
  }
  return news;
}

void FeedWatch::tell(std::uint32_t number, const Partition& partition, std::uint64_t seen) const {
  const bool quiet = partition.watch.is_quiet();
  log::write(quiet ? log::Level::warning : log::Level::info, quiet ? "feed_quiet" : "feed_back",
             quiet ? "far fewer messages than usual at this hour of the week"
                   : "the partition has its usual traffic again",
             {{"topic", topic_}, {"partition", number}, {"messages", seen}, {"usual", partition.usual}});
}

}  // namespace blockwatch
