#include "query/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_snapshot.h"

namespace blockwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PartitionProgress partition(std::uint32_t number, const char* clock) {
  PartitionProgress p;
  p.topic = "nlets.queries";
  p.partition = number;
  if (clock != nullptr) p.clock = at(clock);
  return p;
}

// The span 2025-11-12, lateness 48 h.
StandingInput of(std::vector<PartitionProgress> partitions) {
  return {std::move(partitions), {}, {at("2025-11-12"), at("2025-11-13")}, 48 * kHour, {}};
}

TEST(Standing, StateThatReadNothingIsIncomplete) {
  const auto s = judge_standing(of({}));
  EXPECT_FALSE(s.complete);
  EXPECT_FALSE(s.final);
  EXPECT_THAT(s.reasons, ElementsAre("no partition has been read yet"));
}

TEST(Standing, SpanThatEveryClockHasPassedIsComplete) {
  const auto s =
      judge_standing(of({partition(0, "2025-11-13T00:00:00Z"), partition(1, "2025-11-14T00:00:00Z")}));
  EXPECT_TRUE(s.complete);
  EXPECT_FALSE(s.final);
  EXPECT_THAT(s.reasons, ElementsAre("nlets.queries/0: late records may still come until its clock is at "
                                     "2025-11-15T00:00:00Z (it is at 2025-11-13T00:00:00Z)",
                                     "nlets.queries/1: late records may still come until its clock is at "
                                     "2025-11-15T00:00:00Z (it is at 2025-11-14T00:00:00Z)"));
}

TEST(Standing, SpanIsFinalOnceEveryClockIsAtItsEndPlusLateness) {
  auto s = judge_standing(of({partition(0, "2025-11-15T00:00:00Z"), partition(1, "2025-11-15T00:00:00Z")}));
  EXPECT_TRUE(s.final);
  EXPECT_THAT(s.reasons, IsEmpty());
  s = judge_standing(
      of({partition(0, "2025-11-15T00:00:00Z"), partition(1, "2025-11-14T23:59:59.999999999Z")}));
  EXPECT_FALSE(s.final);
}

TEST(Standing, PartitionThatLagsBehindTheSpanMakesItIncomplete) {
  const auto s =
      judge_standing(of({partition(0, "2025-11-15T00:00:00Z"), partition(1, "2025-11-12T23:59:59Z")}));
  EXPECT_FALSE(s.complete);
  EXPECT_FALSE(s.final);
  EXPECT_THAT(
      s.reasons,
      ElementsAre(
          "nlets.queries/1: counted up to 2025-11-12T23:59:59Z, the span needs 2025-11-13T00:00:00Z"));
}

TEST(Standing, RunningDayNeedsOnlyTheNewestEvent) {
  EXPECT_TRUE(judge_standing(of({partition(0, "2025-11-12T10:00:00Z")})).complete);
  const auto s =
      judge_standing(of({partition(0, "2025-11-12T10:00:00Z"), partition(1, "2025-11-12T09:00:00Z")}));
  EXPECT_THAT(
      s.reasons,
      testing::Contains(
          "nlets.queries/1: counted up to 2025-11-12T09:00:00Z, the span needs 2025-11-12T10:00:00Z"));
  EXPECT_FALSE(s.complete);
}

TEST(Standing, PartitionWithoutAnyEventIsIncomplete) {
  const auto s = judge_standing(of({partition(0, "2025-11-15T00:00:00Z"), partition(1, nullptr)}));
  EXPECT_FALSE(s.complete);
  EXPECT_THAT(s.reasons, ElementsAre("nlets.queries/1: no event counted yet"));
}

TEST(Standing, EndedPartitionCountsAsPassed) {
  auto input = of({partition(0, "2025-11-12T10:00:00Z"), partition(1, nullptr)});
  input.partitions[0].ended = input.partitions[1].ended = true;
  const auto s = judge_standing(input);
  EXPECT_TRUE(s.complete);
  EXPECT_TRUE(s.final);
}

TEST(Standing, PartitionsAtTheEndOfTheirLogTakeTheWallClock) {
  auto input = of({partition(0, "2025-11-12T10:00:00Z"), partition(1, nullptr)});
  input.live = {true, at("2025-11-13T06:00:00Z")};
  EXPECT_TRUE(judge_standing(input).complete);
  EXPECT_FALSE(judge_standing(input).final);
  input.live.now = at("2025-11-15T00:00:00Z");
  EXPECT_TRUE(judge_standing(input).final);
  input.live.at_end = false;
  EXPECT_FALSE(judge_standing(input).complete);
}

// A partition whose clock has passed the span by ten years, less so many days.
PartitionProgress passed_by_ten_years(std::uint32_t number, std::int64_t less_days, const char* oldest) {
  PartitionProgress p = partition(number, "2025-11-12");
  p.clock += (3653 - less_days) * kDay;
  p.oldest = at(oldest);
  return p;
}

TEST(Standing, SpanWhoseDaysAreAllKeptIsComplete) {
  const auto s = judge_standing(of({passed_by_ten_years(0, 0, "2025-01-01")}));
  EXPECT_TRUE(s.final);
  EXPECT_THAT(s.reasons, IsEmpty());
}

TEST(Standing, SpanWithADayThatHasExpiredSaysSo) {
  const auto s =
      judge_standing(of({passed_by_ten_years(0, 0, "2025-01-01"), passed_by_ten_years(1, -1, "2025-01-01")}));
  EXPECT_FALSE(s.complete);
  EXPECT_FALSE(s.final);
  EXPECT_THAT(s.reasons,
              ElementsAre("nlets.queries/1: what it counted before 2025-11-13T00:00:00Z has expired "
                          "(buckets are kept for 3653 days before its newest event)"));
}

TEST(Standing, PartitionThatCountedNothingInTheSpanHasLostNothingOfIt) {
  EXPECT_TRUE(judge_standing(of({passed_by_ten_years(0, -1, "2025-11-13")})).complete);
  EXPECT_FALSE(judge_standing(of({passed_by_ten_years(0, -1, "2025-11-12T23:00:00Z")})).complete);
}

TEST(Standing, AnInputThatHasEndedHasExpiredAllTheSame) {
  auto input = of({passed_by_ten_years(0, -1, "2025-01-01")});
  input.partitions[0].ended = true;
  EXPECT_FALSE(judge_standing(input).complete);
}

// The clock stood at noon of the 10th, the first record after the gap came on the 14th.
Gap gap_of(GapState state) {
  Gap gap;
  gap.state = state;
  gap.kind = GapKind::retention_overrun;
  gap.position = 100;
  gap.log_start = 150;
  gap.clock = at("2025-11-10T12:00:00Z");
  if (state == GapState::halted) return gap;
  gap.resumed_at = 150;
  gap.until = at("2025-11-14T00:05:00Z");
  return gap;
}

bool complete_with(const Gap& gap, const char* from, const char* to) {
  auto input = of({partition(0, "2025-12-01"), partition(1, "2025-12-01")});
  input.gaps = {gap};
  input.span = {at(from), at(to)};
  return judge_standing(input).complete;
}

TEST(Standing, AGapTouchesWhatMayBeMissingAndNothingElse) {
  for (const GapState state : {GapState::continued, GapState::accepted}) {
    const Gap gap = gap_of(state);
    // A late event may be 48 h older than the clock.
    EXPECT_TRUE(complete_with(gap, "2025-11-01", "2025-11-08T12:00:00Z"));
    EXPECT_FALSE(complete_with(gap, "2025-11-01", "2025-11-08T13:00:00Z"));
    EXPECT_FALSE(complete_with(gap, "2025-11-12", "2025-11-13"));
    EXPECT_FALSE(complete_with(gap, "2025-11-14T00:05:00Z", "2025-11-15"));
    EXPECT_TRUE(complete_with(gap, "2025-11-14T00:06:00Z", "2025-11-15"));
  }
  EXPECT_FALSE(complete_with(gap_of(GapState::halted), "2025-11-20", "2025-11-21"))
      << "nothing is counted since";
  EXPECT_TRUE(complete_with(gap_of(GapState::halted), "2025-11-01", "2025-11-02"));
  EXPECT_TRUE(complete_with(gap_of(GapState::cleared), "2025-11-12", "2025-11-13"));
}

TEST(Standing, AGapIsSaidInWords) {
  auto input = of({partition(0, "2025-12-01")});
  input.gaps = {gap_of(GapState::continued)};
  EXPECT_THAT(judge_standing(input).reasons,
              ElementsAre("nlets.queries/0: offsets 100 to 149 were deleted by the topic's retention before "
                          "they were counted; counting went on at offset 150"));
}

TEST(Standing, EmptySpanLosesNothing) {
  auto input = of({passed_by_ten_years(0, -1, "2025-01-01")});
  input.span.to = input.span.from;
  EXPECT_TRUE(judge_standing(input).complete);
}

TEST(Standing, ClockAtTheBeginningOfTimeIsSafe) {
  auto input = of({partition(0, nullptr)});
  input.partitions[0].clock = input.partitions[0].oldest = kTimeMin + 1;
  EXPECT_TRUE(judge_standing(input).complete) << "nothing can be older";
}

TEST(Standing, EvictedIdsMakeTheSpanIncomplete) {
  auto input = of({partition(0, "2025-11-15T00:00:00Z")});
  input.evicted[0] = 12;
  const auto s = judge_standing(input);
  EXPECT_FALSE(s.complete);
  EXPECT_FALSE(s.final);
  EXPECT_THAT(
      s.reasons,
      ElementsAre("nlets.queries/0: 12 ids fell out of the memory of duplicates early; duplicates may "
                  "have been counted"));
}

}  // namespace
}  // namespace blockwatch
