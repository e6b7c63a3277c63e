#include "pipeline/dedup.h"

#include <algorithm>

#include "base/prefetch.h"

namespace blockwatch {
namespace {

constexpr std::size_t kFirstEntries = 16;
// So many entries at the front of the ring have had their places in the table asked for: where the clock
// jumps, many are dropped at once. A few an event.
constexpr std::size_t kDropAhead = 64;
constexpr std::size_t kAskedAtOnce = 2;

}  // namespace

DedupWindow::DedupWindow(TimeNs window, std::size_t entries_max)
    : window_(static_cast<std::uint64_t>(window)),
      entries_max_(entries_max),
      ring_(kFirstEntries),
      table_(2 * ring_.size()) {}

void DedupWindow::expect(std::uint64_t fingerprint) {
  prefetch_line(&table_[home_of(tag_of(fingerprint))]);
  const std::size_t end = std::min({asked_ + kAskedAtOnce, kDropAhead, size_});
  for (; asked_ < end; ++asked_) {
    prefetch_line(&table_[home_of(tag_of(ring_[behind_front(asked_)].fingerprint))]);
    prefetch_line(ahead_of(asked_));
  }
}

std::uint32_t DedupWindow::find(std::uint64_t fingerprint) const {
  const std::uint32_t tag = tag_of(fingerprint);
  std::uint32_t at = home_of(tag);
  for (; table_[at].entry != kNone; at = after(at)) {
    if (table_[at].tag == tag && ring_[table_[at].entry].fingerprint == fingerprint) break;
  }
  return at;
}

// An id that is counted again stands twice in the ring; the table knows its later count.
void DedupWindow::point_to(std::uint64_t fingerprint, std::uint32_t entry) {
  const bool known = looked_up_ && looked_up_->fingerprint == fingerprint;
  table_[known ? looked_up_->at : find(fingerprint)] = {tag_of(fingerprint), entry};
  looked_up_.reset();
}

// Without gravestones: what stands behind moves up unless it would come before its home.
void DedupWindow::empty(std::uint32_t at) {
  const auto distance = [this](std::size_t from, std::size_t to) {
    return to >= from ? to - from : to + table_.size() - from;
  };
  for (std::uint32_t next = after(at); table_[next].entry != kNone; next = after(next)) {
    if (distance(home_of(table_[next].tag), next) < distance(at, next)) continue;
    table_[at] = table_[next];
    at = next;
  }
  table_[at] = {};
}

void DedupWindow::drop_front() {
  std::uint32_t at = home_of(tag_of(ring_[front_].fingerprint));
  while (table_[at].entry != front_ && table_[at].entry != kNone) at = after(at);
  if (table_[at].entry == front_) empty(at);
  front_ = behind_front(1);
  --size_;
  if (asked_ > 0) --asked_;
}

void DedupWindow::grow() {
  looked_up_.reset();
  std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(front_), ring_.end());
  front_ = 0;
  HugeVector<Place>().swap(table_);  // first: never are an old and a new one of both there
  const std::size_t entries = std::min(2 * ring_.size(), entries_max_ + 1);
  ring_.reserve(entries);  // resize() would double what it has
  ring_.resize(entries);
  table_.assign(2 * ring_.size(), {});
  for (std::uint32_t entry = 0; entry < size_; ++entry) point_to(ring_[entry].fingerprint, entry);
}

std::size_t DedupWindow::insert(const SeenId& seen) {
  if (size_ == ring_.size()) grow();
  const std::size_t entry = behind_front(size_);
  ring_[entry] = seen;
  prefetch_line_to_write(ahead_of(size_));
  ++size_;
  point_to(seen.fingerprint, static_cast<std::uint32_t>(entry));
  // A window of nothing lets go of the new id as well.
  while (size_ > 0 && !is_within(ring_[front_], seen.clock)) drop_front();
  std::size_t evicted = 0;
  for (; size_ > entries_max_; ++evicted) drop_front();
  return evicted;
}

}  // namespace blockwatch
