#include "pipeline/dedup.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

constexpr TimeNs kWindow = 24 * kHour;

TEST(DedupWindow, TheSameIdWithinTheWindowIsADuplicate) {
  DedupWindow dedup(kWindow, 100);
  dedup.insert({7, 1000 * kHour});
  EXPECT_TRUE(dedup.is_duplicate(7, 1000 * kHour));
  EXPECT_TRUE(dedup.is_duplicate(7, 1024 * kHour - 1));
}

TEST(DedupWindow, ExactlyTheWindowLaterItIsNone) {
  DedupWindow dedup(kWindow, 100);
  dedup.insert({7, 1000 * kHour});
  EXPECT_FALSE(dedup.is_duplicate(7, 1024 * kHour));
}

TEST(DedupWindow, TakesNoMoreThanTheBytesThatItsEntriesWereCountedFrom) {
  for (const std::uint64_t bytes : {1'000UL, 65'536UL, 4'000'000UL, 5'000'000UL, 9'000'000UL}) {
    DedupWindow dedup(kWindow, dedup_entries(bytes));
    std::size_t evicted = 0;
    for (std::uint64_t id = 1; evicted == 0; ++id) evicted = dedup.insert({id * 0x9E3779B97F4A7C15ULL, 0});
    const auto pages = [](std::uint64_t half) {
      constexpr std::uint64_t kPage = HugePages<SeenId>::kPageBytes;
      return half < kPage ? half : (half + kPage - 1) / kPage * kPage;
    };
    EXPECT_LE(2 * pages(dedup.bytes() / 2), bytes + 64) << bytes;
    EXPECT_GT(dedup.bytes(), bytes / 2) << bytes;
  }
}

TEST(DedupWindow, AnotherIdIsNone) {
  DedupWindow dedup(kWindow, 100);
  dedup.insert({7, 0});
  EXPECT_FALSE(dedup.is_duplicate(8, 0));
}

TEST(DedupWindow, AnIdCountedAgainLivesFromItsLaterCount) {
  DedupWindow dedup(kWindow, 100);
  dedup.insert({7, 0});
  dedup.insert({7, 30 * kHour});
  EXPECT_TRUE(dedup.is_duplicate(7, 53 * kHour));
  EXPECT_EQ(dedup.size(), 1U);
}

TEST(DedupWindow, ExpiredIdsLeaveTheMemory) {
  DedupWindow dedup(kWindow, 100);
  for (std::uint64_t i = 0; i < 50; ++i) dedup.insert({i, static_cast<TimeNs>(i) * kHour});
  EXPECT_EQ(dedup.size(), 24U);
  EXPECT_EQ(dedup.expired_before(), 26 * kHour);
}

TEST(DedupWindow, AWindowOfNothingKnowsNoDuplicateAndKeepsNothing) {
  DedupWindow dedup(0, 100);
  EXPECT_EQ(dedup.insert({7, 0}), 0U);
  EXPECT_EQ(dedup.insert({7, 0}), 0U);
  EXPECT_FALSE(dedup.is_duplicate(7, 0));
  EXPECT_EQ(dedup.size(), 0U);
}

TEST(DedupWindow, BeyondTheBoundTheOldestGoEarlyAndAreCounted) {
  DedupWindow dedup(kWindow, 3);
  EXPECT_EQ(dedup.insert({1, 0}) + dedup.insert({2, 0}) + dedup.insert({3, 0}), 0U);
  EXPECT_EQ(dedup.insert({4, 0}), 1U);
  EXPECT_FALSE(dedup.is_duplicate(1, 0));
  EXPECT_TRUE(dedup.is_duplicate(2, 0));
}

TEST(DedupWindow, ReplayedInsertionsGiveTheSameAnswersAsBeforeARestart) {
  std::vector<SeenId> stored;
  DedupWindow before(kWindow, 10);
  std::uint64_t state = 42;
  TimeNs clock = 0;
  for (int i = 0; i < 2000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    clock += static_cast<TimeNs>(state >> 60U) * kHour;
    const SeenId seen{state >> 33U & 31U, clock};
    before.insert(seen);
    stored.push_back(seen);
  }
  DedupWindow after(kWindow, 10);
  for (const SeenId& seen : stored) after.insert(seen);
  for (std::uint64_t id = 0; id < 32; ++id)
    EXPECT_EQ(after.is_duplicate(id, clock), before.is_duplicate(id, clock)) << id;
  EXPECT_EQ(after.size(), before.size());
}

}  // namespace
}  // namespace blockwatch
