// The pattern of a feed from the counters of a real state, on a clock that the test sets.
#include "pipeline/feed_watch.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/hash.h"
#include "pipeline/cell_buffer.h"
#include "state/cell.h"

namespace blockwatch {
namespace {

using Partitions = std::vector<std::uint32_t>;

constexpr TimeNs kWeek = 7 * kDay;
// 2025-06-03T14:00:00Z, a Tuesday.
constexpr TimeNs kHourBegins = 1'748'959'200 * kSecond;

class FeedWatchTest : public ::testing::Test {
 protected:
  ~FeedWatchTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }

  void count(std::uint32_t partition, TimeNs time, std::uint64_t messages) {
    CellBuffer cells;
    cells.add(partition, Cube::messages, time, pack(MessageCell{0, Class::driver_license}), messages / 2);
    cells.add(partition, Cube::messages, time, pack(MessageCell{0, Class::other}), messages - messages / 2);
    CommitBatch batch;
    cells.take(batch.runs);
    PartitionProgress progress;
    progress.partition = partition;
    progress.topic = "t";
    batch.progress.push_back(progress);
    ASSERT_TRUE(store_->commit(batch));
  }
  // In the hour of kHourBegins and the two beside it, so many weeks before.
  void count_weeks(std::uint32_t partition, int weeks, std::uint64_t messages) {
    for (int week = 1; week <= weeks; ++week)
      for (const TimeNs beside : {-kHour, TimeNs{0}, kHour})
        count(partition, kHourBegins + beside - week * kWeek, messages);
  }
  Partitions look(TimeNs after, const std::set<std::uint32_t>& at_end = {0, 1}) {
    return feed_.look(at_end, kHourBegins + after);
  }

  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("blockwatch-feed-" + to_hex(random_bytes(8)));
  std::unique_ptr<Store> store_ = Store::open(dir_.string(), Store::Access::write).value();
  Telemetry telemetry_;
  FeedWatch feed_{*store_, "t", telemetry_};
};

TEST_F(FeedWatchTest, APartitionThatIsSilentAtABusyHourIsToldOnceAndTheOtherIsNot) {
  count_weeks(0, 4, 6000);
  count_weeks(1, 4, 6000);
  count(1, kHourBegins, 1500);
  EXPECT_EQ(look(5 * kMinute), Partitions{}) << "the hour is young";
  EXPECT_EQ(look(20 * kMinute), Partitions{0});
  EXPECT_TRUE(telemetry_.is_quiet("t", 0));
  EXPECT_FALSE(telemetry_.is_quiet("t", 1));
  EXPECT_EQ(look(21 * kMinute), Partitions{});
  count(0, kHourBegins, 3000);
  EXPECT_EQ(look(25 * kMinute), Partitions{});
  EXPECT_FALSE(telemetry_.is_quiet("t", 0)) << "its traffic is back";
}
TEST_F(FeedWatchTest, TwoWeeksAreNoPattern) {
  count_weeks(0, 2, 6000);
  EXPECT_EQ(look(50 * kMinute), Partitions{});
}
TEST_F(FeedWatchTest, AFeedThatIsUsuallyQuietThenNeverAlarms) {
  count_weeks(0, 8, 8);
  for (TimeNs after = 0; after < kHour; after += kMinute) EXPECT_EQ(look(after), Partitions{});
}
TEST_F(FeedWatchTest, APartitionThatIsCatchingUpHasNotBroughtWhatThereIs) {
  count_weeks(0, 4, 6000);
  EXPECT_EQ(look(20 * kMinute, {1}), Partitions{});
  EXPECT_EQ(look(22 * kMinute, {0, 1}), Partitions{0});
}
TEST_F(FeedWatchTest, WhatWasCountedWhileCatchingUpIsKnownAtOnce) {
  count_weeks(1, 4, 6000);
  count(1, kHourBegins, 6000);
  EXPECT_EQ(look(18 * kMinute, {1}), Partitions{});
  count_weeks(0, 4, 6000);
  EXPECT_EQ(look(20 * kMinute, {0, 1}), Partitions{0});
}
TEST_F(FeedWatchTest, WhereTheHourBesideIsQuietSummerTimeMayHaveMovedTheRush) {
  count_weeks(0, 4, 6000);
  for (int week = 1; week <= 4; ++week) count(1, kHourBegins - week * kWeek, 6000);
  EXPECT_EQ(look(40 * kMinute), Partitions{0});
}
TEST_F(FeedWatchTest, OtherHoursOfTheWeekSayNothing) {
  for (int week = 1; week <= 6; ++week)
    for (TimeNs hour = 3 * kHour; hour < kWeek - 3 * kHour; hour += kHour)
      if (hour % kDay < 6 * kHour) count(0, kHourBegins + hour - week * kWeek, 6000);
  EXPECT_EQ(look(50 * kMinute), Partitions{});
}
TEST_F(FeedWatchTest, TheNextHourHasAPatternOfItsOwn) {
  count_weeks(0, 4, 6000);
  EXPECT_EQ(look(kHour + 50 * kMinute), Partitions{}) << "the hour after the next is usually quiet";
}

}  // namespace
}  // namespace blockwatch
