// What a partition's log says of itself at an assignment and later, and what is done about it.
#include "pipeline/log_check.h"

#include <gtest/gtest.h>

#include "pipeline/gap_decision.h"
#include "pipeline/gap_text.h"

namespace blockwatch {
namespace {

using std::chrono::seconds;
using Take = LogCheck::Take;

const LogCheck::Clock::time_point kNow{};
const Anchor kAnchor{"cluster-1", 7 * kSecond, 0xABCD};

Take read(LogCheck& check, std::uint64_t offset, const Anchor& record = {}) {
  return check.on_record(offset, [&] { return record; });
}

/// Position 100, whose record before it is known.
LogCheck at_100() {
  return {100, kAnchor};
}

/// The same, once the record before it has come.
LogCheck reading_at_100() {
  LogCheck check = at_100();
  EXPECT_EQ(read(check, 99, kAnchor), Take::drop);
  EXPECT_TRUE(check.take_verified());
  return check;
}

GapFound gap_of(LogCheck& check) {
  const auto gap = check.take_gap();
  EXPECT_TRUE(gap);
  return gap.value_or(GapFound{});
}

TEST(LogCheck, ALogThatWasNeverReadBeginsWithItsFirstRecord) {
  LogCheck check(std::nullopt, std::nullopt);
  EXPECT_EQ(check.read_from(), std::nullopt);
  EXPECT_EQ(read(check, 17), Take::deliver);
  EXPECT_EQ(check.position(), 18U);
  EXPECT_TRUE(check.take_verified());
  EXPECT_FALSE(check.take_verified());
}

TEST(LogCheck, TheRecordBeforeThePositionIsReadAgainAndComparedAndNotCounted) {
  LogCheck check = at_100();
  EXPECT_EQ(check.read_from(), 99U);
  EXPECT_EQ(read(check, 99, kAnchor), Take::drop);
  EXPECT_TRUE(check.take_verified());
  EXPECT_EQ(read(check, 100), Take::deliver);
  EXPECT_EQ(check.position(), 101U);
  EXPECT_FALSE(check.take_gap());
}

TEST(LogCheck, AnotherRecordThereHalts) {
  for (const Anchor& other :
       {Anchor{"cluster-1", 7 * kSecond, 1}, Anchor{"cluster-1", 8 * kSecond, 0xABCD}}) {
    LogCheck check = at_100();
    EXPECT_EQ(read(check, 99, other), Take::drop);
    EXPECT_TRUE(check.halted());
    const GapFound gap = gap_of(check);
    EXPECT_EQ(gap.kind, GapKind::anchor_differs);
    EXPECT_EQ(gap.position, 100U);
    EXPECT_FALSE(gap.resumed_at);
    EXPECT_EQ(read(check, 100), Take::drop) << "of a halted partition nothing counts";
    EXPECT_FALSE(check.on_end(kNow));
  }
}

TEST(LogCheck, NoRecordThereHalts) {
  LogCheck check = at_100();
  EXPECT_EQ(read(check, 100), Take::drop);
  EXPECT_EQ(gap_of(check).kind, GapKind::anchor_absent);
}

TEST(LogCheck, AnotherClusterHaltsBeforeAnythingIsRead) {
  LogCheck check = at_100();
  check.on_cluster("cluster-2");
  EXPECT_EQ(gap_of(check).kind, GapKind::wrong_cluster);
  for (const char* fine : {"cluster-1", ""}) {
    LogCheck same = at_100();
    same.on_cluster(fine);
    EXPECT_FALSE(same.halted()) << fine;
  }
}

TEST(LogCheck, ALowerOffsetIsDroppedAndAHigherOneIsLegal) {
  LogCheck check = reading_at_100();
  EXPECT_EQ(read(check, 99, kAnchor), Take::repeated);
  EXPECT_EQ(read(check, 42), Take::repeated);
  EXPECT_EQ(read(check, 200), Take::deliver);
  EXPECT_EQ(check.position(), 201U);
  EXPECT_FALSE(check.take_gap());
}

TEST(LogCheck, WhereTheLogBeginsBehindThePositionItHaltsOrGoesOnAsConfigured) {
  LogCheck halts = at_100();
  halts.on_refused(kNow);
  EXPECT_TRUE(halts.in_doubt());
  halts.on_marks({150, 900}, OnGap::halt, kNow);
  GapFound gap = gap_of(halts);
  EXPECT_EQ(gap.kind, GapKind::retention_overrun);
  EXPECT_EQ(gap.log_start, 150U);
  EXPECT_EQ(gap.log_end, 900U);
  EXPECT_FALSE(gap.resumed_at);
  EXPECT_TRUE(halts.halted());

  LogCheck goes_on = at_100();
  goes_on.on_refused(kNow);
  goes_on.on_marks({150, 900}, OnGap::go_on, kNow);
  gap = gap_of(goes_on);
  EXPECT_EQ(gap.position, 100U);
  EXPECT_EQ(gap.resumed_at, 150U);
  EXPECT_TRUE(goes_on.take_reread());
  EXPECT_EQ(goes_on.read_from(), 150U);
  EXPECT_EQ(read(goes_on, 150), Take::deliver);
}

TEST(LogCheck, ALogThatIsShorterThanThePositionHaltsOnceItStaysSo) {
  for (const OnGap on_gap : {OnGap::halt, OnGap::go_on}) {
    LogCheck check = at_100();
    check.on_refused(kNow);
    check.on_marks({0, 50}, on_gap, kNow + seconds(1));
    EXPECT_FALSE(check.halted()) << "a new leader may not have caught up yet";
    check.on_marks({0, 50}, on_gap, kNow + LogCheck::kGrace);
    EXPECT_EQ(gap_of(check).kind, GapKind::truncated);
    EXPECT_TRUE(check.halted());
  }
}

TEST(LogCheck, ALogThatSeemedShorterIsReadAgain) {
  LogCheck check = at_100();
  check.on_refused(kNow);
  check.on_marks({0, 50}, OnGap::halt, kNow + seconds(1));
  EXPECT_FALSE(check.take_reread());
  check.on_marks({0, 100}, OnGap::halt, kNow + seconds(2));
  EXPECT_TRUE(check.take_reread());
  EXPECT_EQ(check.read_from(), 99U);
  EXPECT_EQ(read(check, 99, kAnchor), Take::drop);
  EXPECT_TRUE(check.take_verified());
}

TEST(LogCheck, WhereAllThatWasCountedHasExpiredNothingIsMissing) {
  LogCheck check = at_100();
  check.on_refused(kNow);
  check.on_marks({100, 100}, OnGap::halt, kNow);
  EXPECT_FALSE(check.take_gap());
  EXPECT_TRUE(check.take_reread());
  EXPECT_EQ(check.read_from(), 100U);
  EXPECT_TRUE(check.on_end(kNow));
  EXPECT_EQ(read(check, 100), Take::deliver);
}

TEST(LogCheck, TheEndOfTheLogProvesNothingWhileTheRecordBeforeThePositionHasNotCome) {
  LogCheck check = at_100();
  EXPECT_FALSE(check.on_end(kNow));
  EXPECT_TRUE(check.in_doubt());
  check.on_marks({0, 100}, OnGap::halt, kNow + seconds(1));
  EXPECT_EQ(read(check, 99, kAnchor), Take::drop) << "it was late";
  EXPECT_TRUE(check.on_end(kNow));

  LogCheck gone = at_100();
  EXPECT_FALSE(gone.on_end(kNow));
  gone.on_marks({0, 100}, OnGap::halt, kNow + seconds(1));
  EXPECT_FALSE(gone.halted());
  gone.on_marks({0, 100}, OnGap::halt, kNow + LogCheck::kGrace);
  EXPECT_EQ(gap_of(gone).kind, GapKind::anchor_absent);
}

TEST(LogCheck, AfterAnOutageTheLogIsComparedAnewWithWhatWasDeliveredLast) {
  LogCheck check = reading_at_100();
  EXPECT_EQ(read(check, 100), Take::deliver);
  const Anchor last{"cluster-1", 9 * kSecond, 5};
  check.remember(last);
  check.begin_again();
  EXPECT_EQ(check.read_from(), 100U);
  EXPECT_EQ(read(check, 100, kAnchor), Take::drop);
  EXPECT_EQ(gap_of(check).kind, GapKind::anchor_differs);
}

// ---- an operator's decision

struct Halted {
  Gap gap;
  PartitionProgress progress;
  explicit Halted(GapKind kind) {
    gap.kind = kind;
    gap.position = 100;
    gap.log_start = 150;
    gap.log_end = 900;
    progress.topic = "t";
    progress.first_offset = 10;
    progress.next_offset = 100;
    progress.anchor = kAnchor;
  }
  Expected<void> accept(std::string_view resume) {
    return accept_gap(gap, progress, resume, "seen", kSecond);
  }
};

TEST(GapDecision, AfterARetentionOverrunCountingGoesOnAtTheLogsStart) {
  Halted h(GapKind::retention_overrun);
  ASSERT_TRUE(h.accept(""));
  EXPECT_EQ(h.gap.state, GapState::accepted);
  EXPECT_EQ(h.gap.resumed_at, 150U);
  EXPECT_EQ(h.gap.note, "seen");
  EXPECT_EQ(h.gap.decided_at, kSecond);
  EXPECT_EQ(h.progress.next_offset, 150U);
  EXPECT_EQ(h.progress.first_offset, 150U);
  EXPECT_EQ(h.progress.epoch, 0U) << "offsets go on";
  EXPECT_FALSE(h.progress.anchor);
  EXPECT_EQ(missing_of(h.gap), 50U);
}

TEST(GapDecision, WhereOffsetsBeginAnewItIsANewEpochAndTheOperatorSaysWhere) {
  for (const GapKind kind :
       {GapKind::truncated, GapKind::anchor_differs, GapKind::anchor_absent, GapKind::wrong_cluster}) {
    Halted h(kind);
    const auto refused = h.accept("");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::usage);
    EXPECT_NE(refused.error().message.find("the log's start is 150, its end 900, the position was 100"),
              std::string::npos)
        << refused.error().message;
    ASSERT_TRUE(h.accept("end"));
    EXPECT_EQ(h.progress.next_offset, 900U);
    EXPECT_EQ(h.progress.epoch, 1U);
    EXPECT_FALSE(missing_of(h.gap));
  }
  Halted start(GapKind::anchor_differs);
  ASSERT_TRUE(start.accept("start"));
  EXPECT_EQ(start.progress.next_offset, 150U);
  Halted offset(GapKind::anchor_differs);
  ASSERT_TRUE(offset.accept("7"));
  EXPECT_EQ(offset.progress.next_offset, 7U);
}

TEST(GapDecision, WhatCannotBeIsRefusedAndChangesNothing) {
  for (const char* resume : {"99", "middle", "-1", "1e3", " 150", "18446744073709551615"}) {
    Halted h(GapKind::retention_overrun);
    EXPECT_FALSE(h.accept(resume)) << resume;
    EXPECT_EQ(h.gap.state, GapState::halted);
    EXPECT_EQ(h.progress.next_offset, 100U);
  }
  Halted unknown(GapKind::wrong_cluster);
  unknown.gap.log_start.reset();
  EXPECT_FALSE(unknown.accept("start"));
  Halted decided(GapKind::retention_overrun);
  decided.gap.state = GapState::continued;
  EXPECT_FALSE(decided.accept("start"));
  Halted wordy(GapKind::retention_overrun);
  EXPECT_FALSE(accept_gap(wordy.gap, wordy.progress, "start", std::string(kGapNoteBytesMax + 1, 'x'), 0));
}

}  // namespace
}  // namespace blockwatch
