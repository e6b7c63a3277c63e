#include <string_view>

#include <gtest/gtest.h>

#include "base/time.h"

namespace blockwatch {
namespace {

TEST(Duration, IsAWholeNumberAndAUnit) {
  EXPECT_EQ(parse_duration("90s"), 90 * kSecond);
  EXPECT_EQ(parse_duration("5m"), 5 * kMinute);
  EXPECT_EQ(parse_duration("48h"), 48 * kHour);
  EXPECT_EQ(parse_duration("7d"), 7 * kDay);
  EXPECT_EQ(parse_duration("0s"), 0);
  EXPECT_EQ(parse_duration("106751d"), 106751 * kDay) << "the longest that fits";
}

TEST(Duration, RefusesEverythingElse) {
  for (const std::string_view bad :
       {"", "h", "48", "48 h", " 48h", "48h ", "48hh", "-1h", "+1h", "1.5h", "1w", "48H", "1h30m", "106752d",
        "9223372037s", "99999999999999999999h"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Duration, IsWrittenInTheLargestUnitThatFits) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(90 * kSecond), "90s");
  EXPECT_EQ(format_duration(300 * kSecond), "5m");
  EXPECT_EQ(format_duration(36 * kHour), "36h");
  EXPECT_EQ(format_duration(48 * kHour), "2d");
}

TEST(Duration, IsReadBackAsItWasWritten) {
  for (const TimeNs duration : {TimeNs{0}, kSecond, 59 * kSecond, 61 * kMinute, 25 * kHour, 3653 * kDay}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

}  // namespace
}  // namespace blockwatch
