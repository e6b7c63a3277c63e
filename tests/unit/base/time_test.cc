// The grammar of the contract's `time`, edge by edge, and its inverse.
#include "base/time.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

struct Reads {
  std::string_view text;
  TimeNs time;
};

// Seconds as `date -u -d TEXT +%s` prints them.
const std::array kReads{
    Reads{"1970-01-01T00:00:00Z", 0},
    Reads{"1970-01-01T00:00:00.000000001Z", 1},
    Reads{"1969-12-31T23:59:59.999999999Z", -1},
    Reads{"2025-11-12T14:03:27.41-06:00", 1762977807 * kSecond + 410'000'000},
    Reads{"2025-11-12T20:03:27Z", 1762977807 * kSecond},
    Reads{"2025-11-12t20:03:27z", 1762977807 * kSecond},  // any case
    Reads{"2025-11-12T20:03Z", 1762977780 * kSecond},     // seconds may be absent
    Reads{"2025-11-12T20:03+00:00", 1762977780 * kSecond},
    Reads{"2025-11-12T20:03:27-00:00", 1762977807 * kSecond},
    Reads{"2025-11-13T19:02:27+23:59", 1762974207 * kSecond},
    Reads{"2025-11-12T20:03:27.1234567899Z",
          1762977807 * kSecond + 123'456'789},  // beyond nanoseconds is cut
    Reads{"2025-11-12T20:03:27.9999999999999999999999Z", 1762977807 * kSecond + 999'999'999},
    Reads{"2024-02-29T00:00:00Z", 1709164800 * kSecond},
    Reads{"2000-02-29T00:00:00Z", 951782400 * kSecond},
    Reads{"1677-09-22T00:00:00Z", -9223286400 * kSecond},
    Reads{"2262-04-11T00:00:00Z", 9223286400 * kSecond},
    // A leap second is the last nanosecond of the month.
    Reads{"2016-12-31T23:59:60Z", 1483228800 * kSecond - 1},
    Reads{"2016-12-31T23:59:60.5Z", 1483228800 * kSecond - 1},
    Reads{"2016-12-31T17:59:60-06:00", 1483228800 * kSecond - 1},
    Reads{"2017-01-01T05:29:60+05:30", 1483228800 * kSecond - 1},
    Reads{"2025-11-30T23:59:60Z", 1764547200 * kSecond - 1},
    Reads{"2024-02-29T23:59:60Z", 1709251200 * kSecond - 1},
};

class TimeReads : public testing::TestWithParam<Reads> {};

TEST_P(TimeReads, AsTheGrammarSays) {
  EXPECT_EQ(parse_rfc3339(GetParam().text), GetParam().time) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Rfc3339, TimeReads, testing::ValuesIn(kReads));

class TimeRefuses : public testing::TestWithParam<std::string_view> {};

TEST_P(TimeRefuses, WhatTheGrammarDoesNotHave) {
  EXPECT_EQ(parse_rfc3339(GetParam()), std::nullopt) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3339, TimeRefuses,
    testing::Values("", "2025-11-12", "2025-11-12T20:03:27", "2025-11-12T20:03", "2025-11-12T20Z",
                    "2025-11-12 20:03:27Z", "2025-11-12T20:03:27 Z", " 2025-11-12T20:03:27Z",
                    "2025-11-12T20:03:27Z ", "2025-11-12T20:03:27.Z", "2025-11-12T20:03.5Z",
                    "2025-11-12T20:03:27,5Z", "25-11-12T20:03:27Z", "02025-11-12T20:03:27Z",
                    "+2025-11-12T20:03:27Z", "2025-1-12T20:03:27Z", "2025-00-12T20:03:27Z",
                    "2025-13-12T20:03:27Z", "2025-11-00T20:03:27Z", "2025-11-31T20:03:27Z",
                    "2025-02-29T20:03:27Z", "1900-02-29T20:03:27Z", "2025-11-12T24:00:00Z",
                    "2025-11-12T20:60:00Z", "2025-11-12T20:03:61Z", "2025-11-12T20:03:27+24:00",
                    "2025-11-12T20:03:27+06:60", "2025-11-12T20:03:27+0600", "2025-11-12T20:03:27+06",
                    "2025-11-12T20:03:27UTC", "2025-11-12T20:03:27-06:00Z", "20251112T200327Z",
                    "2025-W46-3T20:03:27Z", "2025-11-12T20:03:2aZ", "2025-11-12T20:03:-7Z",
                    "\xD9\xA2"
                    "025-11-12T20:03:27Z",  // an Arabic digit
                    std::string_view("2025-11-12T20:03:27Z\0", 21),
                    // :60 is a leap second, or nothing
                    "2025-11-12T23:59:60Z", "2025-11-30T23:58:60Z", "2025-11-30T22:59:60Z",
                    "2025-11-30T23:59:60-06:00", "2025-02-27T23:59:60Z", "2024-02-28T23:59:60Z"));

TEST(TimeSaturates, OutsideTheSpanOfNanoseconds) {
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59Z"), kTimeMax);
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:60Z"), kTimeMax);
  EXPECT_EQ(parse_rfc3339("0000-01-01T00:00:00Z"), kTimeMin + 1) << "kTimeMin itself means no time";
  EXPECT_EQ(parse_rfc3339("0000-02-29T00:00:00Z"), kTimeMin + 1) << "year 0000 is a leap year";
  EXPECT_EQ(parse_rfc3339("0000-01-01T00:00:00+23:59"), kTimeMin + 1);
  EXPECT_EQ(parse_date("9999-12-31"), kTimeMax);
}

TEST(Date, IsMidnightUtc) {
  EXPECT_EQ(parse_date("1970-01-01"), 0);
  EXPECT_EQ(parse_date("2025-11-12"), 1762905600 * kSecond);
  EXPECT_EQ(parse_date("1969-12-31"), -kDay);
  for (const std::string_view bad :
       {"", "2025-11", "2025-11-31", "2025-11-12T", "2025-11-12Z", " 2025-11-12", "2025/11/12", "20251112"}) {
    EXPECT_EQ(parse_date(bad), std::nullopt) << bad;
  }
}

TEST(FormatTime, IsUtcWithoutTrailingZeros) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(1), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_time(1762977807 * kSecond + 410'000'000), "2025-11-12T20:03:27.41Z");
  EXPECT_EQ(format_time(1762977800 * kSecond), "2025-11-12T20:03:20Z");
  EXPECT_EQ(format_time(kTimeMin + 1), "1677-09-21T00:12:43.145224193Z");
}

TEST(FormatTime, IsReadBackAsTheSameTime) {
  // Steps that share no factor with a day, so that every field moves; from 1677 to 2262.
  const TimeNs step = 39 * kDay + 7 * kHour + 11 * kMinute + 13 * kSecond + 100'000'007;
  for (TimeNs t = kTimeMin + kDay; t < kTimeMax - step - kDay; t += step) {
    ASSERT_EQ(parse_rfc3339(format_time(t)), t) << format_time(t);
    ASSERT_EQ(parse_date(format_utc_day(t)), bucket_of(t, kDay) * kDay) << format_time(t);
  }
}

TEST(FormatUtcDay, RoundsTowardThePast) {
  EXPECT_EQ(format_utc_day(0), "1970-01-01");
  EXPECT_EQ(format_utc_day(-1), "1969-12-31");
  EXPECT_EQ(format_utc_day(kDay - 1), "1970-01-01");
  EXPECT_EQ(format_utc_day(1709251199 * kSecond), "2024-02-29");
}

TEST(BucketOf, RoundsTowardThePastAlsoBefore1970) {
  EXPECT_EQ(bucket_of(0, kHour), 0);
  EXPECT_EQ(bucket_of(kHour - 1, kHour), 0);
  EXPECT_EQ(bucket_of(kHour, kHour), 1);
  EXPECT_EQ(bucket_of(-1, kHour), -1);
  EXPECT_EQ(bucket_of(-kHour, kHour), -1);
  EXPECT_EQ(bucket_of(-kHour - 1, kHour), -2);
}

TEST(SaturatingAdd, StopsAtBothEnds) {
  EXPECT_EQ(saturating_add(1, 2), 3);
  EXPECT_EQ(saturating_add(kTimeMax, 1), kTimeMax);
  EXPECT_EQ(saturating_add(kTimeMax - 1, 1), kTimeMax);
  EXPECT_EQ(saturating_add(kTimeMin, -1), kTimeMin);
  EXPECT_EQ(saturating_add(kTimeMin, 1), kTimeMin + 1);
}

}  // namespace
}  // namespace blockwatch
