#include "query/standing.h"

#include <algorithm>
#include <optional>

#include "pipeline/gap_text.h"
#include "state/partition_name.h"
#include "state/retention.h"

namespace blockwatch {
namespace {

// A partition at its log's end takes the wall clock; kTimeMax: its input has ended and no span waits for it.
TimeNs effective_clock(const PartitionProgress& p, const LiveClocks& live) {
  if (p.ended) return kTimeMax;
  return live.at_end ? std::max(p.clock, live.now) : p.clock;
}

// Where the partition's kept days begin, if it has counted something in the span that is before them.
std::optional<std::int64_t> expired_before(const PartitionProgress& p, const StandingInput& input) {
  if (p.clock == kNoTime || input.span.from >= input.span.to) return std::nullopt;
  const std::int64_t kept = kept_from(retention_of(input.cube, Granularity::day), p.clock);
  const std::int64_t oldest = bucket_of(p.oldest, kDay);
  const bool touches =
      bucket_of(input.span.from, kDay) < kept && bucket_of(input.span.to - 1, kDay) >= oldest;
  return oldest < kept && touches ? std::optional(kept) : std::nullopt;
}

// Where what is missing may lie: behind what was counted, but for late events, and before what came next.
bool touches(const Gap& gap, const StandingInput& input) {
  if (gap.state == GapState::cleared) return false;
  const TimeNs from = gap.clock == kNoTime ? kNoTime : saturating_add(gap.clock, -input.lateness);
  return input.span.from <= gap.until && input.span.to > from;
}

void judge_partition(const PartitionProgress& p, const StandingInput& input, TimeNs goal,
                     Standing& standing) {
  const std::string name = partition_name(p);
  const auto evicted = input.evicted.find(p.partition);
  if (evicted != input.evicted.end() && evicted->second > 0) {
    standing.complete = false;
    standing.reasons.push_back(
        name + ": " + std::to_string(evicted->second) +
        " ids fell out of the memory of duplicates early; duplicates may have been counted");
  }
  for (const Gap& gap : input.gaps) {
    if (gap.partition != p.partition || !touches(gap, input)) continue;
    standing.complete = false;
    standing.reasons.push_back(name + ": " + sentence_of(gap));
  }
  if (const auto kept = expired_before(p, input)) {
    standing.complete = false;
    standing.reasons.push_back(name + ": what it counted before " + format_time(*kept * kDay) +
                               " has expired (buckets are kept for " + std::to_string(kBucketsKept / kDay) +
                               " days before its newest event)");
  }
  const TimeNs clock = effective_clock(p, input.live);
  const TimeNs settled = saturating_add(input.span.to, input.lateness);
  if (clock == kNoTime) {
    standing.complete = false;
    standing.reasons.push_back(name + ": no event counted yet");
  } else if (clock < goal) {
    standing.complete = false;
    standing.reasons.push_back(name + ": counted up to " + format_time(clock) + ", the span needs " +
                               format_time(goal));
  } else if (clock < settled) {
    standing.final = false;
    standing.reasons.push_back(name + ": late records may still come until its clock is at " +
                               format_time(settled) + " (it is at " + format_time(clock) + ")");
  }
}

}  // namespace

Standing judge_standing(const StandingInput& input) {
  Standing standing{true, true, {}};
  if (input.partitions.empty()) return {false, false, {"no partition has been read yet"}};
  const TimeNs newest = std::max(newest_event(input.partitions), input.newest_elsewhere);
  const TimeNs goal = newest == kNoTime ? input.span.to : std::min(input.span.to, newest);
  for (const auto& p : input.partitions) judge_partition(p, input, goal, standing);
  standing.final = standing.final && standing.complete;
  return standing;
}

TimeNs newest_event(const std::vector<PartitionProgress>& partitions) {
  TimeNs newest = kNoTime;
  for (const auto& p : partitions) newest = std::max(newest, p.clock);
  return newest;
}

std::string partition_name(const PartitionProgress& partition) {
  return partition_name(partition.topic, partition.partition);
}

}  // namespace blockwatch
