// How long the buckets of each cube are kept, by event time alone (contract §7): neither the wall clock nor
// the commits decide it, so that the same input always leaves the same buckets.
//
// Of each series (partition, cube, granularity) the buckets from kept_from(partition's clock) on are kept. A
// commit deletes those before it, and refuses what an event adds to one of them, however it comes to be so
// late: the event is counted in its partition's fates, has its incidents and its evidence, but brings no
// bucket back. (It is no `before_retention`: that is told by its own broker timestamp.) A clock never goes
// back, so after any commit a kept bucket holds every event of its time and one before holds none: a pure
// function of the records up to there, wherever the commits lay and whatever was killed between them. That
// something was counted which no bucket holds any more is told by PartitionProgress::oldest.
#pragma once

#include <array>
#include <cstdint>

#include "base/check.h"
#include "base/time.h"
#include "state/records.h"

namespace blockwatch {

inline constexpr TimeNs kMinutesKept = 48 * kHour;
inline constexpr TimeNs kBucketsKept = 3653 * kDay;  // ten years

struct Retention {
  Cube cube = Cube::disclosures;
  Granularity granularity = Granularity::day;
  TimeNs kept = kBucketsKept;
};

/// Every series that is counted.
inline constexpr std::array<Retention, 9> kRetention{{
    {Cube::disclosures, Granularity::minute, kMinutesKept},
    {Cube::disclosures, Granularity::hour, kBucketsKept},
    {Cube::disclosures, Granularity::day, kBucketsKept},
    {Cube::disclosures, Granularity::month, kBucketsKept},
    {Cube::oris, Granularity::day, kBucketsKept},
    {Cube::messages, Granularity::hour, kBucketsKept},
    {Cube::messages, Granularity::day, kBucketsKept},
    {Cube::quality, Granularity::hour, kBucketsKept},
    {Cube::quality, Granularity::day, kBucketsKept},
}};

/// Of a series that is counted.
constexpr const Retention& retention_of(Cube cube, Granularity granularity) {
  for (const Retention& r : kRetention) {
    if (r.cube == cube && r.granularity == granularity) return r;
  }
  BW_CHECK(false);
}

/// The first bucket kept while the clock, which has started, stands there: the one in which `kept` before it
/// begins, and what begins with it the next coarser one. So a span whose edge is off the hour finds every
/// minute of that hour, one whose edge is off the day every hour of that day, and deletions are one an hour
/// or one a day. A month goes with its first day.
constexpr std::int64_t kept_from(const Retention& retention, TimeNs clock) {
  const TimeNs step = retention.granularity == Granularity::minute ? kHour : kDay;
  return bucket_of(saturating_add(clock, -retention.kept), step) * (step / unit_of(retention.granularity));
}

}  // namespace blockwatch
