// Whether the worker's polls still come back: what systemd's watchdog lives on.
#pragma once

#include <chrono>
#include <utility>

#include "base/time.h"

namespace blockwatch {

/// Thread: the one that watches.
class ProgressWatch {
 public:
  using Clock = std::chrono::steady_clock;
  /// A worker whose poll has not come back for this long feeds no watchdog any more.
  static constexpr std::chrono::seconds kStallMax{20};

  explicit ProgressWatch(Clock::time_point now) : since_(now) {}

  /// `told`: when the last poll came back, by the wall clock; 0: none has yet. That clock may jump, so only
  /// that it changes counts.
  bool is_stalled(TimeNs told, Clock::time_point now) {
    if (std::exchange(told_, told) != told) since_ = now;
    return told != 0 && now - since_ >= kStallMax;
  }

 private:
  TimeNs told_ = 0;
  Clock::time_point since_;
};

}  // namespace blockwatch
