// What is asked for on a link that is too slow for what a client asks for normally.
#include "pipeline/kafka/fetch_limits.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace blockwatch::kafka {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const FetchPace::Clock::time_point kBegin{seconds(1000)};
constexpr FetchLimits kNormal{4U << 20U, seconds(10)};

TEST(FetchPace, WithoutATimeoutNothingIsLimited) {
  FetchPace pace(kNormal);
  EXPECT_FALSE(pace.limits());
  EXPECT_FALSE(pace.faster_if_due(kBegin + minutes(600)));
}

TEST(FetchPace, EachTimeoutQuartersTheAnswerAndDoublesItsTimeUpToFourTimes) {
  FetchPace pace(kNormal);
  const std::vector<std::pair<std::uint64_t, int>> expected{
      {1U << 20U, 20}, {256U << 10U, 40}, {64U << 10U, 80}, {64U << 10U, 160}};
  for (const auto& [bytes, timeout] : expected) {
    EXPECT_TRUE(pace.on_timeout(kBegin));
    EXPECT_EQ(pace.limits()->answer_bytes, bytes);
    EXPECT_EQ(pace.limits()->timeout, seconds(timeout));
  }
  EXPECT_FALSE(pace.on_timeout(kBegin));
  EXPECT_EQ(pace.limits()->timeout, seconds(160));
}

TEST(FetchPace, APartitionsTurnComesOnceAllOthersHadTheirs) {
  FetchPace pace({16U << 20U, seconds(10)});
  EXPECT_EQ(pace.turn_max(1), seconds(10));
  EXPECT_EQ(pace.turn_max(16), seconds(10));
  EXPECT_EQ(pace.turn_max(17), seconds(20));
  EXPECT_EQ(pace.turn_max(100), seconds(70));
  pace.on_timeout(kBegin);
  EXPECT_EQ(pace.turn_max(16), seconds(80));
}

TEST(FetchPace, TenMinutesWithoutATimeoutAreOneStepBack) {
  FetchPace pace(kNormal);
  pace.on_timeout(kBegin);
  pace.on_timeout(kBegin + minutes(5));
  EXPECT_FALSE(pace.faster_if_due(kBegin + minutes(14)));
  EXPECT_TRUE(pace.faster_if_due(kBegin + minutes(15)));
  EXPECT_EQ(pace.limits()->timeout, seconds(20));
  EXPECT_FALSE(pace.faster_if_due(kBegin + minutes(24)));
  EXPECT_TRUE(pace.faster_if_due(kBegin + minutes(25)));
  EXPECT_FALSE(pace.limits());
}

}  // namespace
}  // namespace blockwatch::kafka
