#include "pipeline/dedup.h"

namespace blockwatch {

std::size_t DedupWindow::insert(const SeenId& seen) {
  queue_.push_back(seen);
  clocks_[seen.fingerprint] = seen.clock;
  // A window of nothing lets go of the new id as well.
  while (!queue_.empty() && seen.clock - queue_.front().clock >= window_) drop_front();
  std::size_t evicted = 0;
  while (queue_.size() > entries_max_) {
    drop_front();
    ++evicted;
  }
  return evicted;
}

void DedupWindow::drop_front() {
  const SeenId& front = queue_.front();
  // An id that was counted again stands further back in the queue with a later clock.
  if (const auto at = clocks_.find(front.fingerprint); at != clocks_.end() && at->second == front.clock)
    clocks_.erase(at);
  queue_.pop_front();
}

}  // namespace blockwatch
