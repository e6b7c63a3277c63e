// Whether a partition has far less traffic than it usually has at this hour of the week, and whether its lag
// only grows. Pure; the worker and the source ask it.
//
// "Usually" is the same hour of the week in the eight weeks before, of which the second least counts (of
// three weeks the least): one bad week, a holiday or the outage of last month, neither blinds nor alarms.
// Half of that is expected, as weeks differ and an hour's traffic is not even; and it is far too little where
// fewer are as good as impossible, were arrivals independent: one in a million. So a feed that is quiet at
// night never alarms at night, and one of a thousand messages an hour does where none came for a quarter of
// an hour.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "base/time.h"

namespace blockwatch {

inline constexpr std::size_t kPatternWeeks = 8;
inline constexpr std::size_t kPatternWeeksMin = 3;
/// So much of an hour does not count as over: events come late, and a rush hour begins slowly.
inline constexpr TimeNs kPatternGrace = 10 * kMinute;

/// Messages in the same hour of the weeks before, the last week first; at most kPatternWeeks. Empty: the feed
/// has not been there for kPatternWeeksMin weeks, counted from the first that has any.
std::optional<std::uint64_t> usual_messages(std::span<const std::uint64_t> weeks);

enum class Traffic {
  far_too_little,
  enough,
  cannot_tell,  // usually there is so little, or the hour is so young, that none at all would be no wonder
};

/// `seen` messages of the hour that began at `hour` have come by `now`; usually the whole hour has `usual`.
Traffic traffic_of(std::uint64_t seen, std::uint64_t usual, TimeNs hour, TimeNs now);

/// Of one partition: when it went quiet, and that it is told once.
class QuietWatch {
 public:
  /// True: news.
  bool look(Traffic traffic) {
    if (traffic == Traffic::cannot_tell) return false;
    const bool was = std::exchange(is_quiet_, traffic == Traffic::far_too_little);
    return is_quiet_ && !was;
  }
  bool is_quiet() const { return is_quiet_; }

 private:
  bool is_quiet_ = false;
};

/// Of one partition: records behind the end of its log that grow each minute although it is read. Thread: the
/// source's.
class LagWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kStep{1};
  /// So many steps in a row.
  static constexpr int kStepsMax = 10;
  /// A lag below this is a moment's work.
  static constexpr std::uint64_t kLagMin = 10'000;

  /// True: news. `lag`: now; none: not known.
  bool look(std::optional<std::uint64_t> lag, Clock::time_point now);
  bool is_growing() const { return is_told_; }

 private:
  std::optional<Clock::time_point> last_;
  std::uint64_t lag_ = 0;
  int steps_ = 0;
  bool is_told_ = false;
};

}  // namespace blockwatch
