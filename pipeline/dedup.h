// Which ids were counted on one partition within the dedup window (contract §2 "Duplicate").
//
// An id is held as a keyed 64-bit fingerprint with the partition's clock as its counting left it. A duplicate
// is a fingerprint whose clock is less than the window behind the clock now. Expired entries may linger: they
// never answer yes. Bound: `entries_max`; beyond it the oldest go early and are counted. The state after a
// restart is the same, because the store replays the insertions in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/time.h"
#include "state/records.h"

namespace blockwatch {

/// Memory an entry takes, measured: 16 bytes of queue, about 24 of map at its usual load.
inline constexpr std::uint64_t kDedupEntryBytes = 40;

/// One partition's window; the worker's thread.
class DedupWindow {
 public:
  DedupWindow(TimeNs window, std::size_t entries_max) : window_(window), entries_max_(entries_max) {}

  /// `clock`: where the partition's clock stands before this message.
  bool is_duplicate(std::uint64_t fingerprint, TimeNs clock) const {
    const auto at = clocks_.find(fingerprint);
    return at != clocks_.end() && clock - at->second < window_;
  }

  /// `seen.clock` never falls from call to call. Returns how many ids were dropped before their time.
  std::size_t insert(const SeenId& seen);

  /// Entries whose clock is before this can make no duplicate any more, nor were they dropped early.
  TimeNs expired_before() const { return queue_.empty() ? kNoTime : queue_.front().clock; }
  std::size_t size() const { return queue_.size(); }

 private:
  void drop_front();

  TimeNs window_;
  std::size_t entries_max_;
  std::deque<SeenId> queue_;  // in order of counting
  boost::unordered_flat_map<std::uint64_t, TimeNs> clocks_;
};

}  // namespace blockwatch
