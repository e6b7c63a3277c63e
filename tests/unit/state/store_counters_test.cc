// Counters through the store: whatever the commits, the sum of what is read equals a map.
#include <map>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "state/cell.h"
#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

using test::Cells;
using Counted = std::map<BucketKey, Cells>;

Counted read_all(const Store& store, std::int64_t from = INT64_MIN, std::int64_t to = INT64_MAX) {
  Counted out;
  const auto snapshot = store.snapshot();
  for (const Cube cube : {Cube::disclosures, Cube::oris, Cube::messages, Cube::quality})
    for (const Granularity granularity : {Granularity::minute, Granularity::hour, Granularity::day})
      snapshot->for_each_cell(cube, granularity, from, to, [&](const BucketKey& bucket, const CellCount& c) {
        EXPECT_EQ(bucket.cube, cube);
        EXPECT_EQ(bucket.granularity, granularity);
        out[bucket][c.cell] += c.count;
      });
  return out;
}

BucketKey random_bucket(test::Random& random) {
  const auto number = [&](std::uint64_t n) { return static_cast<std::int64_t>(random.below(n)) - 3; };
  const auto partition = static_cast<std::uint32_t>(random.below(3));
  if (random.below(4) == 0) return {partition, Cube::disclosures, Granularity::minute, number(100)};
  return {partition, static_cast<Cube>(1 + random.below(4)), Granularity::hour, number(6)};
}

CommitBatch batch_of(const Counted& counted) {
  CommitBatch batch;
  for (const std::uint32_t partition : {0U, 1U, 2U}) batch.progress.push_back(test::progress(partition, 1));
  batch.runs = test::rows_of(counted);
  return batch;
}

TEST(StoreCounters, AnySequenceOfCommitsAndRestartsSumsLikeAMap) {
  test::Random random;
  const test::TempDir dir;
  Counted expected;
  for (int session = 0; session < 4; ++session) {
    const auto store = test::open_store(dir.state());
    for (int i = 0; i < 60; ++i) {
      Counted delta;
      for (std::uint64_t n = random.below(8); n > 0; --n) {
        const BucketKey bucket = random_bucket(random);
        for (std::uint64_t cells = random.below(40); cells > 0; --cells) {
          const Cell cell{random.below(300),
                          bucket.cube == Cube::oris ? static_cast<std::uint32_t>(random.below(50)) : 0};
          const std::uint64_t count = 1 + random.below(3);
          delta[bucket][cell] += count;
          expected[bucket][cell] += count;
        }
      }
      CommitBatch batch = batch_of(delta);
      ASSERT_TRUE(store->commit(batch));
    }
    ASSERT_EQ(read_all(*store), expected);
  }
  ASSERT_EQ(read_all(*test::open_store(dir.state(), Store::Access::read)), expected);
}

TEST(StoreCounters, ARangeReadsItsBucketsOnly) {
  const test::TempDir dir;
  const auto store = test::open_store(dir.state());
  Counted all;
  for (std::int64_t number = -5; number < 5; ++number)
    all[{1, Cube::messages, Granularity::day, number}][{7, 0}] = 1;
  CommitBatch batch = batch_of(all);
  ASSERT_TRUE(store->commit(batch));
  std::set<std::int64_t> numbers;
  for (const auto& [bucket, cells] : read_all(*store, -2, 3)) numbers.insert(bucket.number);
  EXPECT_EQ(numbers, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
  EXPECT_TRUE(read_all(*store, 3, -2).empty());
}

TEST(StoreCounters, ARangeOfMinutesIsCutInsideItsHours) {
  const test::TempDir dir;
  const auto store = test::open_store(dir.state());
  Counted all;
  for (std::int64_t number = -70; number < 130; ++number)
    all[{1, Cube::disclosures, Granularity::minute, number}][{7, 0}] = 1;
  CommitBatch batch = batch_of(all);
  EXPECT_EQ(batch.runs.size(), 5U) << "an hour to a row";
  ASSERT_TRUE(store->commit(batch));
  std::set<std::int64_t> numbers;
  for (const auto& [bucket, cells] : read_all(*store, -61, 61)) numbers.insert(bucket.number);
  EXPECT_EQ(numbers.size(), 122U);
  EXPECT_EQ(*numbers.begin(), -61);
  EXPECT_EQ(*numbers.rbegin(), 60);
}

TEST(StoreCounters, OneCommitPerEventLeavesFewAddendsPerCell) {
  const test::TempDir dir;
  const auto store = test::open_store(dir.state());
  const BucketKey bucket{0, Cube::disclosures, Granularity::hour, 100};
  for (int i = 0; i < 300; ++i) {
    CommitBatch batch = batch_of({{bucket, {{{1, 0}, 1}}}});
    ASSERT_TRUE(store->commit(batch));
  }
  std::size_t addends = 0;
  std::uint64_t sum = 0;
  store->snapshot()->for_each_cell(Cube::disclosures, Granularity::hour, 100, 101,
                                   [&](const BucketKey&, const CellCount& c) {
                                     ++addends;
                                     sum += c.count;
                                   });
  EXPECT_EQ(sum, 300U);
  EXPECT_LE(addends, kRunsMax);
}

}  // namespace
}  // namespace blockwatch
