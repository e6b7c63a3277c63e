#include "query/zone.h"

#include <gtest/gtest.h>

#include "fake_snapshot.h"

namespace blockwatch {
namespace {

std::string midnight_of(const char* zone, const char* day) {
  const auto z = Zone::find(zone);
  return z ? format_time(z->midnight(bucket_of(at(day), kDay))) : z.error().message;
}

TEST(Zone, MidnightFollowsSummerTime) {
  EXPECT_EQ(midnight_of("America/Chicago", "2025-03-09"), "2025-03-09T06:00:00Z");
  EXPECT_EQ(midnight_of("America/Chicago", "2025-03-10"), "2025-03-10T05:00:00Z");
  EXPECT_EQ(midnight_of("America/Chicago", "2025-11-02"), "2025-11-02T05:00:00Z");
  EXPECT_EQ(midnight_of("America/Chicago", "2025-11-03"), "2025-11-03T06:00:00Z");
}

TEST(Zone, SkippedMidnightIsTheInstantOfTheJump) {
  EXPECT_EQ(midnight_of("America/Sao_Paulo", "2017-10-15"), "2017-10-15T03:00:00Z");
}

TEST(Zone, MidnightThatComesTwiceIsTheFirst) {
  EXPECT_EQ(midnight_of("America/Havana", "2025-11-02"), "2025-11-02T04:00:00Z");
}

TEST(Zone, LocalDayChangesAtItsMidnight) {
  const auto zone = Zone::find("America/Chicago");
  ASSERT_TRUE(zone);
  for (const char* day : {"2025-03-09", "2025-03-10", "2025-11-02", "2025-11-03"}) {
    const auto number = bucket_of(at(day), kDay);
    EXPECT_EQ(zone->local_day(zone->midnight(number)), number) << day;
    EXPECT_EQ(zone->local_day(zone->midnight(number) - 1), number - 1) << day;
  }
}

TEST(Zone, UnknownNamesAreUsageErrors) {
  for (const char* name : {"Nowhere/Atlantis", "", "../../../etc/passwd", "posix/UTC"}) {
    const auto zone = Zone::find(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().code, ExitCode::usage);
  }
}

TEST(Zone, MonthBeginsOnItsFirstDay) {
  EXPECT_EQ(day_text(first_of_month(bucket_of(at("2024-02-29"), kDay))), "2024-02-01");
  EXPECT_EQ(month_text(bucket_of(at("2024-02-29"), kDay)), "2024-02");
}

}  // namespace
}  // namespace blockwatch
