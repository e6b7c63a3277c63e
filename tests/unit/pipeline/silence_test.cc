// When a partition counts as silent, and what is made of it.
#include "pipeline/silence.h"

#include <vector>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using std::chrono::seconds;
using Finding = SilenceWatch::Finding;

const SilenceWatch::Clock::time_point kBegin{seconds(1000)};

/// With an answer of this moment.
Finding look(SilenceWatch& watch, std::uint64_t place, std::uint64_t readable_end, std::uint64_t log_end,
             int at) {
  return watch.look(place, ReadableEnd{readable_end, kBegin + seconds(at)}, log_end, kBegin + seconds(at));
}

TEST(Silence, ARecordThatCanBeReadAndDoesNotComeIsAStallAfterTwentySeconds) {
  SilenceWatch watch(kBegin);
  EXPECT_EQ(look(watch, 100, 101, 101, 19), Finding::nothing);
  EXPECT_EQ(look(watch, 100, 101, 101, 20), Finding::stalled);
}

TEST(Silence, IsSeenWhereTheClientsOwnMarksSayThatAllWasRead) {
  SilenceWatch watch(kBegin);
  EXPECT_EQ(look(watch, 100, 101, 100, 20), Finding::stalled);
  watch.on_progress(kBegin);
  EXPECT_EQ(watch.look(100, ReadableEnd{101, kBegin}, std::nullopt, kBegin + seconds(20)), Finding::stalled);
}

TEST(Silence, BeginsWhenTheBrokersFirstSaidThatThereIsMore) {
  SilenceWatch watch(kBegin);
  EXPECT_EQ(look(watch, 100, 100, 100, 600), Finding::nothing);
  EXPECT_EQ(look(watch, 100, 101, 100, 605), Finding::nothing);
  EXPECT_EQ(look(watch, 100, 101, 100, 619), Finding::nothing);
  EXPECT_EQ(look(watch, 100, 101, 100, 620), Finding::stalled);
}

TEST(Silence, ARecordEndsIt) {
  SilenceWatch watch(kBegin);
  EXPECT_EQ(look(watch, 100, 200, 200, 30), Finding::stalled);
  EXPECT_TRUE(watch.take_news());
  EXPECT_TRUE(watch.is_found());
  watch.on_progress(kBegin + seconds(40));
  EXPECT_FALSE(watch.is_found());
  EXPECT_EQ(look(watch, 101, 200, 200, 59), Finding::nothing);
  EXPECT_EQ(look(watch, 101, 200, 200, 60), Finding::stalled);
}

TEST(Silence, WhereRecordsMayBeReadAndNoneComeItIsReadAnewAndGivenUpAfterTwoMinutes) {
  SilenceWatch watch(kBegin);
  std::vector<int> read_anew;
  for (int at = 0; at < 120; ++at) {
    if (look(watch, 100, 101, 500, at) == Finding::stalled) read_anew.push_back(at);
  }
  EXPECT_EQ(read_anew, (std::vector<int>{20, 50, 80, 110}));
  EXPECT_EQ(look(watch, 100, 101, 500, 120), Finding::given_up);
}

TEST(Silence, WhoCatchesUpHasMorePatience) {
  SilenceWatch watch(kBegin);
  std::vector<int> read_anew;
  const auto look_at = [&](int at) {
    return watch.look(100, ReadableEnd{500, kBegin + seconds(at)}, 500, kBegin + seconds(at), seconds(80));
  };
  for (int at = 0; at < 480; ++at) {
    if (look_at(at) == Finding::stalled) read_anew.push_back(at);
  }
  EXPECT_EQ(read_anew, (std::vector<int>{80, 200, 320, 440}));
  EXPECT_EQ(look_at(480), Finding::given_up);
}

TEST(Silence, WhereTheRestStandsBehindAnOpenTransactionNoRestartHelps) {
  SilenceWatch watch(kBegin);
  EXPECT_EQ(look(watch, 100, 100, 101, 29), Finding::nothing);
  for (const int at : {30, 60, 120, 3600})
    EXPECT_EQ(look(watch, 100, 100, 101, at), Finding::held_back) << at;
}

TEST(Silence, AnOldAnswerOrNoneDoesNotSayThatATransactionIsOpen) {
  SilenceWatch watch(kBegin);
  EXPECT_EQ(watch.look(100, ReadableEnd{100, kBegin}, 101, kBegin + seconds(30)), Finding::nothing);
  EXPECT_EQ(watch.look(100, std::nullopt, 101, kBegin + seconds(30)), Finding::nothing);
  EXPECT_EQ(look(watch, 100, 100, 101, 31), Finding::held_back);
}

TEST(Silence, WhoHasReadEverythingIsNotSilent) {
  SilenceWatch watch(kBegin);
  for (const int at : {30, 60, 3600}) EXPECT_EQ(look(watch, 102, 102, 102, at), Finding::nothing) << at;
  EXPECT_EQ(watch.look(102, std::nullopt, std::nullopt, kBegin + seconds(3700)), Finding::nothing);
}

TEST(Silence, TheTimeInWhichNobodyReadDoesNotCount) {
  SilenceWatch watch(kBegin);
  watch.on_pause(seconds(100));
  EXPECT_EQ(look(watch, 100, 200, 200, 119), Finding::nothing);
  EXPECT_EQ(look(watch, 100, 200, 200, 120), Finding::stalled);
}

TEST(Silence, IsNewsOnce) {
  SilenceWatch watch(kBegin);
  EXPECT_TRUE(watch.take_news());
  EXPECT_FALSE(watch.take_news());
}

}  // namespace
}  // namespace blockwatch
