// Which ids were counted on one partition within the dedup window (contract §2 "Duplicate").
//
// An id is held as a keyed 64-bit fingerprint with the partition's clock as its counting left it. A duplicate
// is a fingerprint whose clock is less than the window behind the clock now. Expired entries may linger: they
// never answer yes. Bound: `entries_max`; beyond it the oldest go early and are counted. The state after a
// restart is the same, because the store replays the insertions in order.
//
// A ring holds the entries in order of counting; a hash table with linear probing finds an entry's place in
// it. Both are larger than the caches close to the core, so an event asks for what it will touch ahead.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/huge_pages.h"
#include "base/time.h"
#include "state/records.h"

namespace blockwatch {

/// How many entries fit into so many bytes, at least one; each takes 16 of ring and two places of 8. Ring and
/// table are blocks of whole huge pages once they are as large as one, and the ring has room for one entry
/// more.
constexpr std::size_t dedup_entries(std::uint64_t bytes) {
  std::uint64_t ring = bytes / 2;
  if (ring >= HugePages<SeenId>::kPageBytes) ring -= ring % HugePages<SeenId>::kPageBytes + sizeof(SeenId);
  return std::max<std::uint64_t>(1, ring / sizeof(SeenId));
}

/// One partition's window; the worker's thread.
class DedupWindow {
 public:
  /// `entries_max`: 1 to 2^30.
  DedupWindow(TimeNs window, std::size_t entries_max);

  /// Asks the memory for what is_duplicate() and insert() will read; they are faster some 100 ns later.
  void expect(std::uint64_t fingerprint);

  /// `clock`: where the partition's clock stands before this message.
  bool is_duplicate(std::uint64_t fingerprint, TimeNs clock) {
    looked_up_ = {fingerprint, find(fingerprint)};
    const std::uint32_t entry = table_[looked_up_->at].entry;
    return entry != kNone && is_within(ring_[entry], clock);
  }

  /// `seen.clock` never falls from call to call. Returns how many ids were dropped before their time.
  std::size_t insert(const SeenId& seen);

  /// Entries whose clock is before this can make no duplicate any more, nor were they dropped early.
  TimeNs expired_before() const { return size_ == 0 ? kNoTime : ring_[front_].clock; }
  std::size_t size() const { return size_; }
  std::uint64_t bytes() const { return ring_.size() * sizeof(SeenId) + table_.size() * sizeof(Place); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  // The ring is asked for some lines ahead of where it is used.
  static constexpr std::size_t kRingAhead = 16;
  struct Place {
    std::uint32_t tag = 0;        // of the fingerprint: decides its home
    std::uint32_t entry = kNone;  // where in the ring; kNone: empty
  };

  /// Clocks never fall, so the difference is none below 0; as an int64 it could overflow.
  bool is_within(const SeenId& seen, TimeNs clock) const {
    return static_cast<std::uint64_t>(clock) - static_cast<std::uint64_t>(seen.clock) < window_;
  }
  static std::uint32_t tag_of(std::uint64_t fingerprint) { return static_cast<std::uint32_t>(fingerprint); }
  std::uint32_t home_of(std::uint32_t tag) const {
    return static_cast<std::uint32_t>(tag * std::uint64_t{table_.size()} >> 32U);
  }
  /// An entry of the ring that is `n` behind the front; `n` below its size.
  std::size_t behind_front(std::size_t n) const {
    const std::size_t at = front_ + n;
    return at < ring_.size() ? at : at - ring_.size();
  }
  /// For asking only: where the ring ends it may be an address behind it.
  const SeenId* ahead_of(std::size_t n) const { return ring_.data() + behind_front(n) + kRingAhead; }
  std::uint32_t after(std::uint32_t at) const { return at + 1 == table_.size() ? 0 : at + 1; }
  /// Where it is in the table, or the empty place where it would be put.
  std::uint32_t find(std::uint64_t fingerprint) const;
  void point_to(std::uint64_t fingerprint, std::uint32_t entry);
  void empty(std::uint32_t at);
  void drop_front();
  void grow();

  /// What is_duplicate() found, for the insert() that follows; gone once the table changes.
  struct LookUp {
    std::uint64_t fingerprint;
    std::uint32_t at;
  };
  std::optional<LookUp> looked_up_;
  std::uint64_t window_;  // ns
  std::size_t entries_max_;
  HugeVector<SeenId> ring_;
  std::size_t front_ = 0;
  std::size_t size_ = 0;
  std::size_t asked_ = 0;    // entries at the front whose places were asked for
  HugeVector<Place> table_;  // twice the ring, so that at least half of it is empty
};

}  // namespace blockwatch
