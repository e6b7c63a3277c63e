#include "query/span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_snapshot.h"

namespace blockwatch {
namespace {

// The tiles of a span as text: "minute FROM TO", … in order.
std::string tiles(const char* from, const char* to, const Tiling& tiling, const char* zone_name = "UTC") {
  const auto zone = Zone::find(zone_name);
  const auto ranges = tile({at(from), at(to)}, tiling, zone.value());
  if (!ranges) return ranges.error().message;
  std::string out;
  for (const auto& r : *ranges) {
    const TimeNs length = unit_of(r.granularity);
    const char* name = r.granularity == Granularity::month  ? "month"
                       : r.granularity == Granularity::day  ? "day"
                       : r.granularity == Granularity::hour ? "hour"
                                                            : "minute";
    out += std::string(out.empty() ? "" : ", ") + name + " " + format_time(r.from * length) + " " +
           format_time(r.to * length);
  }
  return out;
}

const Tiling kDisclosures{Granularity::minute, LocalCuts::none, at("2025-11-12T18:30:00Z")};

TEST(Tile, WholeDaysAreOneRangeOfDays) {
  EXPECT_EQ(tiles("2025-01-01", "2025-11-01", kDisclosures), "day 2025-01-01T00:00:00Z 2025-11-01T00:00:00Z");
}

TEST(Tile, DaysStandInsideAndHoursAtTheEdges) {
  EXPECT_EQ(tiles("2025-10-01T22:00:00Z", "2025-10-04T03:00:00Z", kDisclosures),
            "hour 2025-10-01T22:00:00Z 2025-10-02T00:00:00Z, day 2025-10-02T00:00:00Z 2025-10-04T00:00:00Z, "
            "hour 2025-10-04T00:00:00Z 2025-10-04T03:00:00Z");
}

TEST(Tile, MinutesStandAtTheEdgesWithin48HoursOfTheNewestEvent) {
  EXPECT_EQ(
      tiles("2025-11-11T10:35:00Z", "2025-11-11T12:10:00Z", kDisclosures),
      "minute 2025-11-11T10:35:00Z 2025-11-11T11:00:00Z, hour 2025-11-11T11:00:00Z 2025-11-11T12:00:00Z, "
      "minute 2025-11-11T12:00:00Z 2025-11-11T12:10:00Z");
}

TEST(Tile, SpanInsideOneHourIsMinutes) {
  EXPECT_EQ(tiles("2025-11-12T10:05:00Z", "2025-11-12T10:06:00Z", kDisclosures),
            "minute 2025-11-12T10:05:00Z 2025-11-12T10:06:00Z");
}

TEST(Tile, MonthsStandInsideWhereTheySuffice) {
  Tiling months = kDisclosures;
  months.months = true;
  EXPECT_EQ(tiles("2025-01-01", "2025-11-01", months), "month 2025-01-01T00:00:00Z 2025-11-01T00:00:00Z");
  EXPECT_EQ(tiles("2024-12-31", "2025-11-03", months),
            "day 2024-12-31T00:00:00Z 2025-01-01T00:00:00Z, month 2025-01-01T00:00:00Z 2025-11-01T00:00:00Z, "
            "day 2025-11-01T00:00:00Z 2025-11-03T00:00:00Z");
  EXPECT_EQ(
      tiles("2025-01-31T23:00:00Z", "2025-03-01", months),
      "hour 2025-01-31T23:00:00Z 2025-02-01T00:00:00Z, month 2025-02-01T00:00:00Z 2025-03-01T00:00:00Z");
  EXPECT_EQ(tiles("2025-01-02", "2025-02-28", months), "day 2025-01-02T00:00:00Z 2025-02-28T00:00:00Z");
  months.cuts = LocalCuts::months;
  EXPECT_EQ(tiles("2025-01-01", "2025-04-01", months), "month 2025-01-01T00:00:00Z 2025-04-01T00:00:00Z");
  EXPECT_EQ(tiles("2025-02-01T06:00:00Z", "2025-04-01T05:00:00Z", months, "America/Chicago"),
            "hour 2025-02-01T06:00:00Z 2025-02-02T00:00:00Z, day 2025-02-02T00:00:00Z 2025-03-01T00:00:00Z, "
            "hour 2025-03-01T00:00:00Z 2025-03-02T00:00:00Z, day 2025-03-02T00:00:00Z 2025-04-01T00:00:00Z, "
            "hour 2025-04-01T00:00:00Z 2025-04-01T05:00:00Z");
}

TEST(Tile, AMonthWhoseFirstDayHasExpiredIsToldByItsDays) {
  Tiling months{Granularity::minute, LocalCuts::none, at("2025-11-12T18:30:00Z"),
                true};  // kept from 2015-11-12
  EXPECT_EQ(tiles("2015-11-13", "2016-02-01", months),
            "day 2015-11-13T00:00:00Z 2015-12-01T00:00:00Z, month 2015-12-01T00:00:00Z 2016-02-01T00:00:00Z");
  EXPECT_EQ(tiles("2015-11-01", "2016-01-01", months),
            "day 2015-11-01T00:00:00Z 2015-12-01T00:00:00Z, month 2015-12-01T00:00:00Z 2016-01-01T00:00:00Z");
}

TEST(Tile, EmptySpanHasNoTiles) {
  EXPECT_EQ(tiles("2025-10-01", "2025-10-01", kDisclosures), "");
}

TEST(Tile, SpanBefore1970TilesToo) {
  EXPECT_EQ(tiles("1960-01-01T23:00:00Z", "1960-01-03", kDisclosures),
            "hour 1960-01-01T23:00:00Z 1960-01-02T00:00:00Z, day 1960-01-02T00:00:00Z 1960-01-03T00:00:00Z");
}

TEST(Tile, LocalMonthIsHoursAtItsEdgesAndDaysInside) {
  const Tiling months{Granularity::minute, LocalCuts::months, kDisclosures.newest};
  EXPECT_EQ(tiles("2025-09-01T05:00:00Z", "2025-11-01T05:00:00Z", months, "America/Chicago"),
            "hour 2025-09-01T05:00:00Z 2025-09-02T00:00:00Z, day 2025-09-02T00:00:00Z 2025-10-01T00:00:00Z, "
            "hour 2025-10-01T00:00:00Z 2025-10-02T00:00:00Z, day 2025-10-02T00:00:00Z 2025-11-01T00:00:00Z, "
            "hour 2025-11-01T00:00:00Z 2025-11-01T05:00:00Z");
}

TEST(Tile, UtcDaysAreNotCutIntoHours) {
  const Tiling days{Granularity::minute, LocalCuts::days, kDisclosures.newest};
  EXPECT_EQ(tiles("2025-09-01", "2025-10-01", days), "day 2025-09-01T00:00:00Z 2025-10-01T00:00:00Z");
}

TEST(Tile, BucketsOlderThanAnyEdgeLookedForAreHours) {
  const Tiling days{Granularity::minute, LocalCuts::days, kDisclosures.newest};
  const std::string text = tiles("2000-01-01", "2025-11-12", days, "America/Chicago");
  EXPECT_EQ(text, "hour 2000-01-01T00:00:00Z 2025-11-12T00:00:00Z");
}

TEST(TileRefusal, MinuteOlderThan48HoursNamesTheNearestHours) {
  EXPECT_EQ(tiles("2025-11-10T10:35:00Z", "2025-11-12T12:00:00Z", kDisclosures),
            "no bucket begins at --from 2025-11-10T10:35:00Z; the nearest that do: 2025-11-10T10:00:00Z, "
            "2025-11-10T11:00:00Z (minutes are kept for 48 h before the newest event, hours beyond)");
}

TEST(TileRefusal, SecondOfALateMinuteNamesTheNearestMinutes) {
  EXPECT_EQ(tiles("2025-11-12T10:00:00Z", "2025-11-12T12:00:30Z", kDisclosures),
            "no bucket begins at --to 2025-11-12T12:00:30Z; the nearest that do: 2025-11-12T12:00:00Z, "
            "2025-11-12T12:01:00Z (minutes are kept for 48 h before the newest event, hours beyond)");
}

TEST(TileRefusal, MinutesEndExactly48HoursBeforeTheNewestEvent) {
  EXPECT_EQ(tiles("2025-11-10T18:30:00Z", "2025-11-10T19:00:00Z", kDisclosures),
            "minute 2025-11-10T18:30:00Z 2025-11-10T19:00:00Z");
  EXPECT_THAT(tiles("2025-11-10T18:29:00Z", "2025-11-10T19:00:00Z", kDisclosures),
              testing::HasSubstr("no bucket begins"));
}

TEST(TileRefusal, OrisAreCountedByUtcDay) {
  const Tiling oris{Granularity::day, LocalCuts::none, kDisclosures.newest};
  EXPECT_EQ(tiles("2025-11-12T06:00:00Z", "2025-11-13T00:00:00Z", oris),
            "no bucket begins at --from 2025-11-12T06:00:00Z; the nearest that do: 2025-11-12T00:00:00Z, "
            "2025-11-13T00:00:00Z (ORIs are counted by UTC day)");
}

TEST(TileRefusal, OrisByLocalDayAreRefusedAtTheFirstLocalMidnight) {
  const Tiling oris{Granularity::day, LocalCuts::days, kDisclosures.newest};
  EXPECT_THAT(
      tiles("2025-11-10", "2025-11-12", oris, "America/Chicago"),
      testing::StartsWith("no bucket begins at a day of the zone 2025-11-10T06:00:00Z; the nearest that do: "
                          "2025-11-10T00:00:00Z, 2025-11-11T00:00:00Z"));
}

TEST(TileRefusal, ZoneOffTheHourHasNoOldDays) {
  const Tiling days{Granularity::minute, LocalCuts::days, kDisclosures.newest};
  EXPECT_THAT(tiles("2025-10-01", "2025-10-03", days, "Asia/Kathmandu"),
              testing::StartsWith("no bucket begins at a day of the zone 2025-10-01T18:15:00Z"));
  EXPECT_THAT(tiles("2025-11-11T18:15:00Z", "2025-11-12T18:15:00Z", days, "Asia/Kathmandu"),
              testing::StartsWith("minute"));
}

TEST(TileRefusal, MessagesAreCountedByTheHour) {
  const Tiling messages{Granularity::hour, LocalCuts::none, kDisclosures.newest};
  EXPECT_THAT(
      tiles("2025-11-12T10:30:00Z", "2025-11-12T11:00:00Z", messages),
      testing::HasSubstr("2025-11-12T10:00:00Z, 2025-11-12T11:00:00Z (messages are counted by the hour)"));
}

TEST(ReadBound, PlainDateIsItsFirstInstantInTheZone) {
  EXPECT_EQ(read_bound("2025-03-10", Zone::find("America/Chicago").value()).value(),
            at("2025-03-10T05:00:00Z"));
  EXPECT_EQ(read_bound("2025-03-10t00:00-05:00", Zone::utc()).value(), at("2025-03-10T05:00:00Z"));
}

TEST(ReadBound, EverythingElseIsAUsageError) {
  for (const char* text :
       {"2025-02-30", "yesterday", "", "2025-11-12T00:00:00", "9999-01-01", "0001-01-01"}) {
    const auto bound = read_bound(text, Zone::utc());
    ASSERT_FALSE(bound) << text;
    EXPECT_EQ(bound.error().code, ExitCode::usage);
  }
}

std::string last(const char* text, Granularity finest) {
  const auto span = last_span(text, finest, at("2025-11-12T18:30:20Z"));
  return span ? format_time(span->from) + " " + format_time(span->to) : span.error().message;
}

TEST(LastSpan, EndsWithTheBucketThatHoldsTheNewestEvent) {
  EXPECT_EQ(last("5m", Granularity::minute), "2025-11-12T18:26:00Z 2025-11-12T18:31:00Z");
  EXPECT_EQ(last("24h", Granularity::minute), "2025-11-11T18:31:00Z 2025-11-12T18:31:00Z");
  EXPECT_EQ(last("7d", Granularity::minute), "2025-11-05T19:00:00Z 2025-11-12T19:00:00Z");
  EXPECT_EQ(last("1h", Granularity::hour), "2025-11-12T18:00:00Z 2025-11-12T19:00:00Z");
  EXPECT_EQ(last("30d", Granularity::day), "2025-10-14T00:00:00Z 2025-11-13T00:00:00Z");
}

TEST(LastSpan, OtherWordsAndAnEmptyStateAreRefused) {
  EXPECT_EQ(last("2d", Granularity::minute), "bad --last '2d' (5m, 1h, 24h, 7d, 30d or 365d)");
  EXPECT_FALSE(last_span("24h", Granularity::minute, kNoTime));
}

}  // namespace
}  // namespace blockwatch
