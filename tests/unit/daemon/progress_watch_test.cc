// When the watchdog is no longer fed.
#include "daemon/progress_watch.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using std::chrono::seconds;

const ProgressWatch::Clock::time_point kBegin{seconds(1000)};
constexpr TimeNs kToday = 1'762'948'800 * kSecond;

TEST(ProgressWatch, AWorkerWhosePollsStopComingBackIsStalledAfterTwentySeconds) {
  ProgressWatch watch(kBegin);
  EXPECT_FALSE(watch.is_stalled(kToday, kBegin + seconds(5)));
  EXPECT_FALSE(watch.is_stalled(kToday, kBegin + seconds(24)));
  EXPECT_TRUE(watch.is_stalled(kToday, kBegin + seconds(25)));
  EXPECT_FALSE(watch.is_stalled(kToday + kSecond, kBegin + seconds(26)));
}

TEST(ProgressWatch, AStartThatTakesLongIsNoStall) {
  ProgressWatch watch(kBegin);
  EXPECT_FALSE(watch.is_stalled(0, kBegin + seconds(3600)));
}

// Fault 17: the wall clock jumps | another time told with each poll | the watchdog is fed by polls, however
// the clock goes | each direction
TEST(ProgressWatch, AClockThatJumpsIsNeitherAStallNorProgress) {
  ProgressWatch watch(kBegin);
  EXPECT_FALSE(watch.is_stalled(kToday, kBegin));
  EXPECT_FALSE(watch.is_stalled(kToday + 400 * kDay, kBegin + seconds(19)));
  EXPECT_FALSE(watch.is_stalled(kToday - 400 * kDay, kBegin + seconds(38)));
  EXPECT_FALSE(watch.is_stalled(kToday - 400 * kDay, kBegin + seconds(57)));
  EXPECT_TRUE(watch.is_stalled(kToday - 400 * kDay, kBegin + seconds(58)));
}

}  // namespace
}  // namespace blockwatch
