#include "pipeline/committer.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

class CommitterTest : public ::testing::Test {
 protected:
  static TakenBatch batch_up_to(std::uint64_t next_offset) {
    TakenBatch taken{{}, std::make_unique<ObservationBuffer>()};
    taken.batch.progress = {test::progress(0, next_offset, kDay)};
    taken.observations->add(0, kDay, true, {1, 2});
    return taken;
  }

  std::uint64_t stored_offset() const {
    const auto partitions = store_->snapshot()->partitions();
    return partitions.empty() ? 0 : partitions[0].next_offset;
  }

  std::uint64_t stored_count() const {
    std::uint64_t sum = 0;
    store_->snapshot()->for_each_cell(Cube::oris, Granularity::day, 1, 2,
                                      [&](const BucketKey&, const CellCount& c) { sum += c.count; });
    return sum;
  }

  test::TempDir dir_;
  std::unique_ptr<Store> store_ = test::open_store(dir_.path());
};

TEST_F(CommitterTest, ABatchIsDurableOnceItsOutcomeIsCollected) {
  Committer committer(*store_);
  committer.start(batch_up_to(5));
  const auto outcome = committer.collect();
  EXPECT_TRUE(outcome.result);
  EXPECT_EQ(outcome.taken.batch.progress.at(0).next_offset, 5U);
  EXPECT_EQ(stored_offset(), 5U);
  EXPECT_EQ(stored_count(), 1U);
}

TEST_F(CommitterTest, TheBufferComesBackEmptyAndCanBeFilledAgain) {
  Committer committer(*store_);
  committer.start(batch_up_to(1));
  TakenBatch second{{}, committer.collect().taken.observations};
  second.batch.progress = {test::progress(0, 2, kDay)};
  second.observations->add(0, kDay, true, {1, 2});
  committer.start(std::move(second));
  EXPECT_TRUE(committer.collect().result);
  EXPECT_EQ(stored_count(), 2U);
}

TEST_F(CommitterTest, OnceSettledTheStoreSaysWhatWasHandedOver) {
  Committer committer(*store_);
  committer.settle();  // nothing was handed over: no wait
  for (std::uint64_t n = 1; n <= 50; ++n) {
    committer.start(batch_up_to(n));
    committer.settle();
    EXPECT_TRUE(committer.is_done());
    EXPECT_EQ(stored_offset(), n);
    EXPECT_TRUE(committer.collect().result);
    EXPECT_FALSE(committer.is_done());
  }
}

TEST_F(CommitterTest, WhatHasBegunEndsBeforeTheCommitterDoes) {
  {
    Committer committer(*store_);
    committer.start(batch_up_to(9));
  }
  EXPECT_EQ(stored_offset(), 9U);
}

}  // namespace
}  // namespace blockwatch
