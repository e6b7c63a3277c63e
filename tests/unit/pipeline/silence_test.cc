// When a partition counts as silent, and what is made of it.
#include "pipeline/silence.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using std::chrono::seconds;
using Finding = SilenceWatch::Finding;

const SilenceWatch::Clock::time_point kBegin{seconds(1000)};

TEST(Silence, IsAskedAboutAfterHalfAMinuteAndNoMoreOften) {
  SilenceWatch watch(kBegin);
  EXPECT_FALSE(watch.is_due(kBegin + seconds(29)));
  EXPECT_TRUE(watch.is_due(kBegin + seconds(30)));
  watch.on_answer(100, 200, 200, kBegin + seconds(30));
  EXPECT_FALSE(watch.is_due(kBegin + seconds(59)));
  EXPECT_TRUE(watch.is_due(kBegin + seconds(60)));
}

TEST(Silence, ARecordEndsIt) {
  SilenceWatch watch(kBegin);
  watch.on_answer(100, 200, 200, kBegin + seconds(30));
  EXPECT_TRUE(watch.take_news());
  EXPECT_TRUE(watch.is_found());
  watch.on_progress(kBegin + seconds(40));
  EXPECT_FALSE(watch.is_found());
  EXPECT_FALSE(watch.is_due(kBegin + seconds(69)));
  EXPECT_TRUE(watch.is_due(kBegin + seconds(70)));
}

// Fault 13: one partition stalls | the decision by itself: nobody has found how to make the client do it | a
// new client at 30, 60 and 90 s, exit 75 at 120 s | once
TEST(Silence, WhereRecordsMayBeReadAndNoneComeItHasStalledAndAfterTwoMinutesReadingItAnewDidNotHelp) {
  SilenceWatch watch(kBegin);
  for (const int at : {30, 60, 90, 119})
    EXPECT_EQ(watch.on_answer(100, 101, 500, kBegin + seconds(at)), Finding::stalled) << at;
  EXPECT_EQ(watch.on_answer(100, 101, 500, kBegin + seconds(120)), Finding::given_up);
}

TEST(Silence, WhereTheRestStandsBehindAnOpenTransactionNoRestartHelps) {
  SilenceWatch watch(kBegin);
  for (const int at : {30, 60, 120, 3600})
    EXPECT_EQ(watch.on_answer(100, 100, 101, kBegin + seconds(at)), Finding::held_back) << at;
}

TEST(Silence, WhoHasReadEverythingIsNotSilent) {
  SilenceWatch watch(kBegin);
  EXPECT_EQ(watch.on_answer(102, 102, 102, kBegin + seconds(30)), Finding::nothing);
  EXPECT_FALSE(watch.is_due(kBegin + seconds(59)));
}

TEST(Silence, TheTimeInWhichNobodyReadDoesNotCount) {
  SilenceWatch watch(kBegin);
  watch.on_pause(seconds(100));
  EXPECT_FALSE(watch.is_due(kBegin + seconds(129)));
  EXPECT_TRUE(watch.is_due(kBegin + seconds(130)));
  EXPECT_EQ(watch.on_answer(100, 200, 200, kBegin + seconds(130)), Finding::stalled);
}

TEST(Silence, IsNewsOnce) {
  SilenceWatch watch(kBegin);
  EXPECT_TRUE(watch.take_news());
  EXPECT_FALSE(watch.take_news());
}

}  // namespace
}  // namespace blockwatch
