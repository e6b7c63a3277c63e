#include "pipeline/gap_book.h"

#include "pipeline/event.h"
#include "pipeline/gap_decision.h"

namespace blockwatch {

GapBook::GapBook(const Snapshot& snapshot) {
  for (Gap& gap : snapshot.gaps()) {
    Last& last = partitions_[gap.partition];
    last.next_number = gap.number + 1;
    last.gap = std::move(gap);
  }
}

bool GapBook::found(const GapFound& found, PartitionProgress& progress, TimeNs now, CommitBatch& batch) {
  Last& last = partitions_[progress.partition];
  const bool is_known = last.gap && last.gap->state == GapState::halted && last.gap->kind == found.kind &&
                        last.gap->position == found.position;
  if (is_known && !found.resumed_at) return false;
  if (!is_known) {
    Gap gap;
    gap.partition = progress.partition;
    gap.number = last.next_number++;
    gap.kind = found.kind;
    gap.found_at = now;
    gap.epoch = progress.epoch;
    gap.first_offset = progress.first_offset;
    gap.position = found.position;
    gap.clock = progress.clock;
    last.gap = std::move(gap);
  }
  Gap& gap = *last.gap;
  gap.log_start = found.log_start;
  gap.log_end = found.log_end;
  if (found.resumed_at) resume_behind(gap, progress, GapState::continued, *found.resumed_at, now);
  batch.gaps.push_back(gap);
  return true;
}

bool GapBook::verified(std::uint32_t partition, TimeNs now, CommitBatch& batch) {
  const auto at = partitions_.find(partition);
  if (at == partitions_.end() || at->second.gap->state != GapState::halted) return false;
  at->second.gap->state = GapState::cleared;
  at->second.gap->decided_at = now;
  batch.gaps.push_back(*at->second.gap);
  return true;
}

bool GapBook::is_open_ended(std::uint32_t partition) const {
  const auto at = partitions_.find(partition);
  return at != partitions_.end() && divides(*at->second.gap) && at->second.gap->until == kTimeMax;
}

void GapBook::ends_before(const SourceRecord& record, CommitBatch& batch) {
  Gap& gap = *partitions_.at(record.partition).gap;
  // Without a time nobody knows.
  if (record.broker_time == kNoTime) return;
  gap.until = saturating_add(record.broker_time, kFutureSlack);
  batch.gaps.push_back(gap);
}

}  // namespace blockwatch
