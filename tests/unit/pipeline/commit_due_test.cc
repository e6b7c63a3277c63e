#include "pipeline/commit_due.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using std::chrono::milliseconds;

TEST(CommitDue, NothingCountedIsNeverCommitted) {
  EXPECT_FALSE(commit_due({0, true, milliseconds(60)}));
}
TEST(CommitDue, LiveEveryRecordIsCommittedAtOnce) {
  EXPECT_TRUE(commit_due({1, true, std::nullopt}));
}
TEST(CommitDue, CatchingUpItWaits) {
  EXPECT_FALSE(commit_due({5000, false, std::nullopt}));
}
TEST(CommitDue, CatchingUpAnAlertWaitsFiftyMilliseconds) {
  EXPECT_FALSE(commit_due({5000, false, milliseconds(49)}));
  EXPECT_TRUE(commit_due({5000, false, milliseconds(50)}));
}
TEST(CommitDue, AnAlertThatIsLateAlreadyWaitsForATwentiethOfThatMore) {
  EXPECT_FALSE(commit_due({5000, false, milliseconds(2999), milliseconds(60'000)}));
  EXPECT_TRUE(commit_due({5000, false, milliseconds(3000), milliseconds(60'000)}));
  EXPECT_FALSE(commit_due({5000, false, milliseconds(49), milliseconds(900)}));
  EXPECT_TRUE(commit_due({5000, false, milliseconds(50), milliseconds(900)}));
}
TEST(CommitDue, TheSizeBoundCommits) {
  EXPECT_FALSE(commit_due({kCommitRecordsMax - 1, false, std::nullopt}));
  EXPECT_TRUE(commit_due({kCommitRecordsMax, false, std::nullopt}));
}

}  // namespace
}  // namespace blockwatch
