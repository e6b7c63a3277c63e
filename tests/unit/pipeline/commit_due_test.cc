#include "pipeline/commit_due.h"

#include "pipeline/commit_bytes.h"
#include "pipeline/memory.h"

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
  EXPECT_FALSE(commit_due({.records = kFirstCommitRecords - 1, .commits = 0}));
  EXPECT_TRUE(commit_due({.records = kFirstCommitRecords, .commits = 0}));
  EXPECT_FALSE(commit_due({.records = 4 * kFirstCommitRecords - 1, .commits = 2}));
  EXPECT_TRUE(commit_due({.records = 4 * kFirstCommitRecords, .commits = 2}));
  EXPECT_EQ(records_of_commit(5), kCommitRecordsMax);
}
TEST(CommitDue, TheBoundInBytesCommits) {
  EXPECT_FALSE(commit_due({.records = 5000, .bytes = 999, .bytes_max = 1000}));
  EXPECT_TRUE(commit_due({.records = 5000, .bytes = 1000, .bytes_max = 1000}));
}
TEST(CommitDue, RecordsThatGoToEveryJurisdictionReachTheBoundInBytesLongBeforeThatInRecords) {
  const auto bytes = [](std::uint64_t fan_out) {
    return bytes_of({.records = kCommitRecordsMax, .observations = fan_out * kCommitRecordsMax});
  };
  EXPECT_LT(bytes(5), WorkerMemory().commit) << "usual traffic is not disturbed";
  EXPECT_GT(bytes(56), 7 * WorkerMemory().commit);
}
TEST(CommitDue, TheTimeBoundCommits) {
  EXPECT_FALSE(commit_due({.records = 1, .age = kCommitTimeMax - milliseconds(1)}));
  EXPECT_TRUE(commit_due({.records = 1, .age = kCommitTimeMax}));
}

}  // namespace
}  // namespace blockwatch
