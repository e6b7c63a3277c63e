#include "pipeline/commit_due.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using std::chrono::milliseconds;

TEST(CommitDue, NothingCountedIsNeverCommitted) {
  EXPECT_FALSE(
      commit_due({.source_drained = true, .age = milliseconds(2000), .alert_waiting = milliseconds(60)}));
}
TEST(CommitDue, LiveEveryRecordIsCommittedAtOnce) {
  EXPECT_TRUE(commit_due({.records = 1, .source_drained = true}));
}
TEST(CommitDue, CatchingUpItWaits) {
  EXPECT_FALSE(commit_due({.records = 5000}));
}
TEST(CommitDue, CatchingUpAnAlertWaitsFiftyMilliseconds) {
  EXPECT_FALSE(commit_due({.records = 5000, .alert_waiting = milliseconds(49)}));
  EXPECT_TRUE(commit_due({.records = 5000, .alert_waiting = milliseconds(50)}));
}
CommitFacts late(int waiting, int age) {
  return {.records = 5000, .alert_waiting = milliseconds(waiting), .alert_age = milliseconds(age)};
}
TEST(CommitDue, AnAlertThatIsLateAlreadyWaitsForATwentiethOfThatMore) {
  EXPECT_FALSE(commit_due(late(2999, 60'000)));
  EXPECT_TRUE(commit_due(late(3000, 60'000)));
  EXPECT_FALSE(commit_due(late(49, 900)));
  EXPECT_TRUE(commit_due(late(50, 900)));
}
TEST(CommitDue, TheSizeBoundCommits) {
  EXPECT_FALSE(commit_due({.records = kCommitRecordsMax - 1}));
  EXPECT_TRUE(commit_due({.records = kCommitRecordsMax}));
}
TEST(CommitDue, TheTimeBoundCommits) {
  EXPECT_FALSE(commit_due({.records = 1, .age = kCommitTimeMax - milliseconds(1)}));
  EXPECT_TRUE(commit_due({.records = 1, .age = kCommitTimeMax}));
}

}  // namespace
}  // namespace blockwatch
