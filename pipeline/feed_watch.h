// Looks once a minute whether a partition has far less traffic than it usually has (pipeline/feed_pattern.h),
// in the counters that the state keeps: messages by hour of event time, in the weeks before and now.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "pipeline/feed_pattern.h"
#include "pipeline/telemetry.h"
#include "state/store.h"

namespace blockwatch {

/// Owned by the Worker, its thread. It reads one hour a minute, and the weeks' once an hour: some
/// milliseconds.
class FeedWatch {
 public:
  FeedWatch(const Store& store, std::string topic, Telemetry& telemetry)
      : store_(store), topic_(std::move(topic)), telemetry_(telemetry) {}

  /// Of `at_end`, the partitions that stand at the end of their log with everything committed: those that
  /// went quiet, once each. The others have not brought yet what there is. `now`: wall clock.
  std::vector<std::uint32_t> look(const std::set<std::uint32_t>& at_end, TimeNs now);

 private:
  struct Partition {
    std::uint64_t usual = 0;  // in this hour; 0: not known, or nothing
    QuietWatch watch;
  };
  std::map<std::uint32_t, std::uint64_t> messages_of(std::int64_t hour) const;
  void learn(std::int64_t hour);
  void tell(std::uint32_t number, const Partition& partition, std::uint64_t seen) const;

  const Store& store_;
  const std::string topic_;
  Telemetry& telemetry_;
  TimeNs next_look_ = kNoTime;
  std::int64_t learned_hour_ = INT64_MIN;
  std::set<std::uint32_t> learned_of_;  // partitions that stood at the end of their log at some look
  std::map<std::uint32_t, Partition> partitions_;
};

}  // namespace blockwatch
