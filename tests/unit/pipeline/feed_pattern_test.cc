#include "pipeline/feed_pattern.h"

#include <gtest/gtest.h>

#include <vector>

namespace blockwatch {
namespace {

using std::chrono::minutes;

constexpr TimeNs kNine = 9 * kHour;  // of some day

std::optional<std::uint64_t> usual(std::vector<std::uint64_t> weeks) {
  return usual_messages(weeks);
}

TEST(UsualMessages, AreNotKnownBeforeThreeWeeks) {
  EXPECT_EQ(usual({}), std::nullopt);
  EXPECT_EQ(usual({500, 500}), std::nullopt);
  EXPECT_EQ(usual({500, 500, 500}), 500U);
}
TEST(UsualMessages, TheWeeksBeforeAFeedBeganDoNotCount) {
  EXPECT_EQ(usual({500, 500, 0, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(usual({500, 400, 600, 0, 0, 0, 0, 0}), 400U);
}
TEST(UsualMessages, OneWeekWithoutTrafficDoesNotBlind) {
  EXPECT_EQ(usual({0, 500, 400, 600, 500}), 400U);
  EXPECT_EQ(usual({500, 400, 600, 0, 500}), 400U);
}
TEST(UsualMessages, TwoSuchWeeksAreUsual) {
  EXPECT_EQ(usual({0, 500, 0, 600, 500}), 0U);
}
TEST(UsualMessages, AnHourThatNeverHasAnyHasNoPattern) {
  EXPECT_EQ(usual({0, 0, 0, 0, 0, 0, 0, 0}), std::nullopt);
}

TEST(Traffic, ABusyHourWithoutAnyMessageIsFoundWithinAQuarterOfAnHour) {
  EXPECT_EQ(traffic_of(0, 1000, kNine, kNine + 15 * kMinute), Traffic::far_too_little);
  EXPECT_EQ(traffic_of(0, 1000, kNine, kNine + 11 * kMinute), Traffic::cannot_tell);
}
TEST(Traffic, AYoungHourSaysNothing) {
  EXPECT_EQ(traffic_of(0, 1'000'000, kNine, kNine + kPatternGrace), Traffic::cannot_tell);
}
TEST(Traffic, AFeedThatIsQuietAtNightNeverAlarmsAtNight) {
  for (const std::uint64_t usually : {0U, 1U, 5U, 20U})
    for (TimeNs at = 0; at < kHour; at += kMinute)
      EXPECT_EQ(traffic_of(0, usually, kNine, kNine + at), Traffic::cannot_tell) << usually;
}
TEST(Traffic, HalfOfTheUsualIsEnough) {
  EXPECT_EQ(traffic_of(5000, 10'000, kNine, kNine + kHour), Traffic::enough);
  EXPECT_EQ(traffic_of(400, 1000, kNine, kNine + kHour), Traffic::cannot_tell) << "it varies";
  EXPECT_EQ(traffic_of(300, 1000, kNine, kNine + kHour), Traffic::far_too_little);
}
TEST(Traffic, AFewMessagesDoNotHideThatTheFeedHasFailed) {
  EXPECT_EQ(traffic_of(50, 10'000, kNine, kNine + 20 * kMinute), Traffic::far_too_little);
}
TEST(Traffic, AnyMessageIsEnoughWhereNoneIsUsual) {
  EXPECT_EQ(traffic_of(1, 0, kNine, kNine + 30 * kMinute), Traffic::enough);
  EXPECT_EQ(traffic_of(0, 0, kNine, kNine + 30 * kMinute), Traffic::cannot_tell);
}
TEST(Traffic, AClockThatWasSetBackSaysNothing) {
  EXPECT_EQ(traffic_of(0, 1000, kNine, kNine - kHour), Traffic::cannot_tell);
}

TEST(QuietWatch, TellsOnceForEachSilence) {
  QuietWatch watch;
  EXPECT_FALSE(watch.look(Traffic::enough));
  EXPECT_TRUE(watch.look(Traffic::far_too_little));
  EXPECT_FALSE(watch.look(Traffic::far_too_little));
  EXPECT_FALSE(watch.look(Traffic::cannot_tell)) << "the next hour is young";
  EXPECT_TRUE(watch.is_quiet());
  EXPECT_FALSE(watch.look(Traffic::far_too_little));
  EXPECT_FALSE(watch.look(Traffic::enough));
  EXPECT_FALSE(watch.is_quiet());
  EXPECT_TRUE(watch.look(Traffic::far_too_little));
}

class LagWatchTest : public ::testing::Test {
 protected:
  bool look(std::optional<std::uint64_t> lag, minutes later = minutes(1)) {
    return watch_.look(lag, now_ += later);
  }
  LagWatch watch_;
  LagWatch::Clock::time_point now_{};
};

TEST_F(LagWatchTest, ALagThatGrowsForTenMinutesIsToldOnce) {
  std::uint64_t lag = 20'000;
  for (int minute = 0; minute < 10; ++minute) EXPECT_FALSE(look(lag += 100)) << minute;
  EXPECT_TRUE(look(lag += 100));
  EXPECT_TRUE(watch_.is_growing());
  for (int minute = 0; minute < 20; ++minute) EXPECT_FALSE(look(lag += 100));
}
TEST_F(LagWatchTest, WhoCatchesUpOnceInAWhileIsNotTold) {
  for (int minute = 0; minute < 60; ++minute)
    EXPECT_FALSE(look(20'000 + static_cast<std::uint64_t>(minute) * 100 - (minute % 8 == 0 ? 500 : 0)));
}
TEST_F(LagWatchTest, ALittleLagIsNone) {
  for (std::uint64_t minute = 0; minute < 60; ++minute) EXPECT_FALSE(look(minute + 1));
}
TEST_F(LagWatchTest, OnceItFallsItCanBeToldAgain) {
  std::uint64_t lag = 20'000;
  int told = 0;
  for (int minute = 0; minute < 15; ++minute) told += look(lag += 100) ? 1 : 0;
  look(lag -= 5'000);
  EXPECT_FALSE(watch_.is_growing());
  for (int minute = 0; minute < 15; ++minute) told += look(lag += 100) ? 1 : 0;
  EXPECT_EQ(told, 2);
}
TEST_F(LagWatchTest, MinutesInWhichNobodyLookedDoNotCount) {
  std::uint64_t lag = 20'000;
  for (int look_number = 0; look_number < 30; ++look_number) EXPECT_FALSE(look(lag += 100, minutes(5)));
}
TEST_F(LagWatchTest, WhereTheLagIsNotKnownItBeginsAnew) {
  std::uint64_t lag = 20'000;
  for (int minute = 0; minute < 9; ++minute) look(lag += 100);
  look(std::nullopt);
  for (int minute = 0; minute < 10; ++minute) EXPECT_FALSE(look(lag += 100));
  EXPECT_TRUE(look(lag += 100));
}

}  // namespace
}  // namespace blockwatch
