// A month of `disclosures` that has passed is one run, and counts what its runs counted.
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "base/time.h"
#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

using test::Cells;

// Days since 1970.
constexpr std::int64_t kMarch = 59, kApril = 90, kMay = 120;
constexpr TimeNs kMarchGathered = (kApril + 3) * kDay;

class StoreMonths : public test::OpenStore {
 protected:
  void commit(std::uint32_t partition, TimeNs clock, const std::map<std::int64_t, Cells>& months = {}) {
    CommitBatch batch;
    batch.progress.push_back(test::progress(partition, ++offset_, clock));
    std::map<BucketKey, Cells> buckets;
    for (const auto& [month, cells] : months) {
      buckets[{partition, Cube::disclosures, Granularity::month, month}] = cells;
      for (const auto& [cell, count] : cells) expected_[{partition, month}][cell] += count;
    }
    batch.runs = test::rows_of(buckets);
    ASSERT_TRUE(store_->commit(batch));
  }
  void commit_a_cell(std::uint32_t partition, TimeNs clock, std::int64_t month) {
    commit(partition, clock, {{month, {{{7, 0}, 1}}}});
  }
  /// How often a cell is read; that it sums up is checked on the way.
  std::size_t addends(std::uint32_t partition, std::int64_t month) const {
    std::map<std::pair<std::uint32_t, std::int64_t>, Cells> sums;
    std::size_t n = 0;
    store_->snapshot()->for_each_cell(Cube::disclosures, Granularity::month, INT64_MIN, INT64_MAX,
                                      [&](const BucketKey& bucket, const CellCount& c) {
                                        sums[{bucket.partition, bucket.number}][c.cell] += c.count;
                                        if (bucket.partition == partition && bucket.number == month) ++n;
                                      });
    EXPECT_EQ(sums, expected_);
    return n;
  }

  std::map<std::pair<std::uint32_t, std::int64_t>, Cells> expected_;
  std::uint64_t offset_ = 0;
};

TEST_F(StoreMonths, OneThatHasPassedIsGatheredThreeDaysLater) {
  for (int i = 0; i < 5; ++i) commit_a_cell(0, kMarchGathered - 1, kMarch);
  commit(0, kMarchGathered - 1);
  EXPECT_EQ(addends(0, kMarch), 5U);
  commit(0, kMarchGathered);
  EXPECT_EQ(addends(0, kMarch), 1U);
}

TEST_F(StoreMonths, TheOneThatIsCountedInIsNot) {
  for (int i = 0; i < 5; ++i) commit_a_cell(0, (kMay - 1) * kDay, kApril);
  commit(0, (kMay - 1) * kDay);
  EXPECT_EQ(addends(0, kApril), 5U);
}

TEST_F(StoreMonths, ACommitThatAddsToItGathersThatAsWell) {
  for (int i = 0; i < 5; ++i) commit_a_cell(0, kMarchGathered - 1, kMarch);
  commit_a_cell(0, kMarchGathered, kMarch);
  EXPECT_EQ(addends(0, kMarch), 1U);
}

TEST_F(StoreMonths, WhatComesLaterStandsBesideItUntilTheNextStart) {
  commit_a_cell(0, kMarchGathered, kMarch);
  for (int i = 0; i < 3; ++i) commit_a_cell(0, kMarchGathered + kDay, kMarch);
  EXPECT_EQ(addends(0, kMarch), 4U);
  reopen();
  commit(0, kMarchGathered + kDay);
  EXPECT_EQ(addends(0, kMarch), 1U);
}

TEST_F(StoreMonths, EachPartitionGathersByItsOwnClock) {
  for (const std::uint32_t partition : {0U, 1U})
    for (int i = 0; i < 5; ++i) commit_a_cell(partition, kMarchGathered - 1, kMarch);
  commit(1, kMarchGathered);
  EXPECT_EQ(addends(0, kMarch), 5U);
  EXPECT_EQ(addends(1, kMarch), 1U);
}

TEST_F(StoreMonths, ClocksAtTheEndsOfTimeAreSafe) {
  commit_a_cell(0, kNoTime, kMarch);
  commit_a_cell(0, INT64_MIN + 1, kMarch);
  EXPECT_EQ(addends(0, kMarch), 2U);
  commit(0, INT64_MAX);
  expected_.clear();  // ten years have passed
  EXPECT_EQ(addends(0, kMarch), 0U);
}

}  // namespace
}  // namespace blockwatch
