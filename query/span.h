// The span of a report and the buckets that tile it exactly, or a refusal that names the nearest instants
// that can.
//
// Days and hours are kept for ten years, minutes for 48 h before the newest event (state/retention.h). A span
// is the sum of the coarsest buckets that tile it: months of UTC inside where they tell enough, days, hours
// at its edges, minutes only where an edge is off the hour.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "query/zone.h"
#include "state/records.h"

namespace blockwatch {

/// [from, to).
struct Span {
  TimeNs from = 0, to = 0;
};

/// The buckets [from, to) of one granularity, by number; of months, those whose first day is in [from, to).
struct BucketRange {
  Granularity granularity = Granularity::day;
  std::int64_t from = 0, to = 0;
  friend bool operator==(const BucketRange&, const BucketRange&) = default;
};

/// Where a report also cuts inside its span: at the midnights that begin local days or months.
enum class LocalCuts { none, months, days };

/// What decides which spans buckets can tile.
struct Tiling {
  Granularity finest = Granularity::minute;  // that the cube keeps
  LocalCuts cuts = LocalCuts::none;
  TimeNs newest = kNoTime;  // the newest event counted
  bool months = false;      // the months of `disclosures` tell what is asked
};

/// `--from` or `--to`: RFC 3339, or a plain date = its first instant in the zone. Error 64.
Expected<TimeNs> read_bound(const std::string& text, const Zone& zone);

/// `--last`: ends with the bucket that holds `end`, the newest event or the wall clock; kNoTime: there is no
/// event yet. `finest`: that the cube keeps. Error 64.
Expected<Span> last_span(const std::string& text, Granularity finest, TimeNs end);

/// In order of time; neighbors of one granularity are one range. Error 64 where a bound, or a local midnight
/// that the report cuts at, is no kept bucket's begin.
Expected<std::vector<BucketRange>> tile(const Span& span, Tiling tiling, const Zone& zone);

/// Error 64: `time`, which is `what`, begins no bucket of the kept ones.
Error off_bucket(const std::string& what, TimeNs time, const Tiling& tiling);

}  // namespace blockwatch
