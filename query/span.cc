#include "query/span.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "state/retention.h"

namespace blockwatch {
namespace {

// Bounds far from both ends of a TimeNs, so that adding days to them cannot overflow.
constexpr TimeNs kBoundMin = -9'000'000'000 * kSecond;  // 1684-10-19
constexpr TimeNs kBoundMax = 9'000'000'000 * kSecond;   // 2255-03-14

// Local days further from the newest event than buckets are kept need no check, they hold nothing.
constexpr TimeNs kAhead = 366 * kDay;

constexpr std::array<std::pair<const char*, TimeNs>, 6> kLast{{{"5m", 5 * kMinute},
                                                               {"1h", kHour},
                                                               {"24h", kDay},
                                                               {"7d", 7 * kDay},
                                                               {"30d", 30 * kDay},
                                                               {"365d", 365 * kDay}}};

TimeNs round_down(TimeNs time, TimeNs length) {
  return bucket_of(time, length) * length;
}
Granularity finer(Granularity g) {
  if (g == Granularity::month) return Granularity::day;
  return g == Granularity::day ? Granularity::hour : Granularity::minute;
}

// The begins of buckets around `time`.
TimeNs last_begin(TimeNs time, Granularity g) {
  return number_of(g, time) * unit_of(g);
}
TimeNs next_begin(TimeNs time, Granularity g) {
  const TimeNs last = last_begin(time, g);
  if (last == time) return time;
  return g == Granularity::month ? first_of_next_month(bucket_of(time, kDay)) * kDay : last + unit_of(g);
}

// The coarsest kept buckets whose begins are fine enough for an edge at `time`.
Granularity needed_at(TimeNs time, const Tiling& tiling) {
  if (tiling.finest != Granularity::minute) return tiling.finest;
  const bool minutes = tiling.newest != kNoTime && time >= tiling.newest - kMinutesKept;
  return minutes ? Granularity::minute : Granularity::hour;
}

bool begins_bucket(TimeNs time, const Tiling& tiling) {
  return time % unit_of(needed_at(time, tiling)) == 0;
}

class Tiler {
 public:
  explicit Tiler(const Tiling& tiling)
      : finest_(tiling.finest), months_from_(saturating_add(tiling.newest, -kBucketsKept)) {}

  void cover(TimeNs from, TimeNs to, Granularity coarsest) {
    if (from >= to) return;
    if (coarsest == finest_) return push({finest_, number_of(finest_, from), number_of(finest_, to)});
    // A month goes with its first day, when its last ones are still kept.
    const TimeNs kept_from = coarsest == Granularity::month ? std::max(from, months_from_) : from;
    const TimeNs first = next_begin(kept_from, coarsest);
    const TimeNs last = last_begin(to, coarsest);
    if (first >= last) return cover(from, to, finer(coarsest));
    cover(from, first, finer(coarsest));
    push({coarsest, number_of(coarsest, first), number_of(coarsest, last)});
    cover(last, to, finer(coarsest));
  }
  std::vector<BucketRange> take() { return std::move(ranges_); }

 private:
  void push(BucketRange range) {
    if (!ranges_.empty() && ranges_.back().granularity == range.granularity &&
        ranges_.back().to == range.from) {
      ranges_.back().to = range.to;
    } else {
      ranges_.push_back(range);
    }
  }

  Granularity finest_;
  TimeNs months_from_;
  std::vector<BucketRange> ranges_;
};

// The local midnights within `inside` that the report cuts at, in order.
std::vector<TimeNs> local_edges(const Span& inside, LocalCuts cuts, const Zone& zone) {
  std::vector<TimeNs> edges;
  if (cuts == LocalCuts::none || inside.from >= inside.to) return edges;
  for (std::int64_t day = zone.local_day(inside.from);; ++day) {
    const TimeNs edge = zone.midnight(day);
    if (edge >= inside.to) return edges;
    if (edge > inside.from && (cuts == LocalCuts::days || first_of_month(day) == day)) edges.push_back(edge);
  }
}

}  // namespace

Expected<TimeNs> read_bound(const std::string& text, const Zone& zone) {
  std::optional<TimeNs> time = parse_date(text);
  const bool plain_date = time.has_value();
  if (!plain_date) time = parse_rfc3339(text);
  if (!time) {
    return fail(ExitCode::usage,
                "bad time '" + text +
                    "' (RFC 3339 with offset, such as 2025-11-12T00:00:00Z, or a plain date, "
                    "such as 2025-11-12, in the time zone of the report)");
  }
  if (*time < kBoundMin || *time > kBoundMax) {
    return fail(ExitCode::usage, "time '" + text + "' lies outside " + format_time(kBoundMin) + " to " +
                                     format_time(kBoundMax));
  }
  return plain_date ? zone.midnight(bucket_of(*time, kDay)) : *time;
}

Expected<Span> last_span(const std::string& text, Granularity finest, TimeNs end) {
  const auto* found =
      std::find_if(kLast.begin(), kLast.end(), [&](const auto& l) { return text == l.first; });
  if (found == kLast.end())
    return fail(ExitCode::usage, "bad --last '" + text + "' (5m, 1h, 24h, 7d, 30d or 365d)");
  if (end == kNoTime) {
    return fail(
        ExitCode::usage,
        "--last ends with the newest event, and none has been counted (give --now, or --from and --to)");
  }
  const TimeNs step = std::max(unit_of(finest), found->second <= kDay ? kMinute : kHour);
  const TimeNs to = round_down(end, step) + step;
  return Span{to - found->second, to};
}

Error off_bucket(const std::string& what, TimeNs time, const Tiling& tiling) {
  const TimeNs length = unit_of(needed_at(time, tiling));
  const TimeNs before = round_down(time, length);
  const char* why = tiling.finest == Granularity::day ? "ORIs are counted by UTC day"
                    : tiling.finest == Granularity::hour
                        ? "messages are counted by the hour"
                        : "minutes are kept for 48 h before the newest event, hours beyond";
  return Error{ExitCode::usage, "no bucket begins at " + what + " " + format_time(time) +
                                    "; the nearest that do: " + format_time(before) + ", " +
                                    format_time(before + length) + " (" + why + ")"};
}

Expected<std::vector<BucketRange>> tile(const Span& span, Tiling tiling, const Zone& zone) {
  if (tiling.newest == kNoTime) tiling.newest = span.from;
  const auto refuse = [&](const std::string& what, TimeNs time) {
    return tl::unexpected<Error>(off_bucket(what, time, tiling));
  };
  if (!begins_bucket(span.from, tiling)) return refuse("--from", span.from);
  if (!begins_bucket(span.to, tiling)) return refuse("--to", span.to);

  Tiler tiler(tiling);
  const Granularity coarsest = tiling.months ? Granularity::month : Granularity::day;
  if (tiling.cuts == LocalCuts::none) {
    tiler.cover(span.from, span.to, coarsest);
    return tiler.take();
  }
  const Span inside{std::max(span.from, tiling.newest - kBucketsKept - kDay),
                    std::min(span.to, tiling.newest + kAhead)};
  const std::vector<TimeNs> edges = local_edges(inside, tiling.cuts, zone);
  const auto off =
      std::find_if_not(edges.begin(), edges.end(), [&](TimeNs t) { return begins_bucket(t, tiling); });
  if (off != edges.end()) return refuse("a day of the zone", *off);

  // Where no edge was looked for, the report has to tell local days apart by the hour.
  const Granularity blind = tiling.finest == Granularity::day ? Granularity::day : Granularity::hour;
  const TimeNs first = edges.empty() ? span.to : edges.front();
  const TimeNs last = edges.empty() ? span.to : edges.back();
  const bool whole = inside.from == span.from && inside.to == span.to;
  const bool sharp_first = edges.empty() ? whole : inside.from == span.from;
  tiler.cover(span.from, first, sharp_first ? coarsest : blind);
  for (std::size_t i = 1; i < edges.size(); ++i) tiler.cover(edges[i - 1], edges[i], coarsest);
  tiler.cover(last, span.to, inside.to == span.to ? coarsest : blind);
  return tiler.take();
}

}  // namespace blockwatch
