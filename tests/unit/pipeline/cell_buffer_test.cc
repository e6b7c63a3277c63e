#include "pipeline/cell_buffer.h"

#include <gtest/gtest.h>

#include "tests/unit/pipeline/runs.h"

namespace blockwatch {
namespace {

BucketKey hour(std::uint32_t partition, std::int64_t number) {
  return {partition, Cube::messages, Granularity::hour, number};
}
BucketKey day(std::uint32_t partition, std::int64_t number) {
  return {partition, Cube::messages, Granularity::day, number};
}

std::map<BucketKey, std::vector<CellCount>> taken(CellBuffer& buffer) {
  std::map<RowKey, std::string> runs;
  buffer.take(runs);
  return test::decoded(runs);
}

TEST(CellBuffer, SumsACellThatComesSeveralTimesAndSorts) {
  CellBuffer buffer;
  buffer.add(0, Cube::messages, 5 * kHour, 9);
  buffer.add(0, Cube::messages, 5 * kHour + 1, 3, 4);
  buffer.add(0, Cube::messages, 6 * kHour - 1, 9);
  const auto runs = taken(buffer);
  ASSERT_EQ(runs.size(), 2U);
  for (const BucketKey& key : {hour(0, 5), day(0, 0)}) {
    const auto& run = runs.at(key);
    ASSERT_EQ(run.size(), 2U);
    EXPECT_EQ(run[0].cell.code, 3U);
    EXPECT_EQ(run[0].count, 4U);
    EXPECT_EQ(run[1].count, 2U);
  }
}

TEST(CellBuffer, ADayIsTheSumOfItsHours) {
  CellBuffer buffer;
  buffer.add(0, Cube::messages, -1, 1);
  buffer.add(0, Cube::messages, 0, 1);
  buffer.add(0, Cube::messages, 23 * kHour, 1);
  buffer.add(0, Cube::messages, 24 * kHour, 1);
  const auto runs = taken(buffer);
  EXPECT_EQ(runs.at(day(0, -1)).at(0).count, 1U);
  EXPECT_EQ(runs.at(day(0, 0)).at(0).count, 2U);
  EXPECT_EQ(runs.at(day(0, 1)).at(0).count, 1U);
  EXPECT_EQ(runs.at(hour(0, -1)).at(0).count, 1U);
  EXPECT_EQ(runs.size(), 7U);
}

TEST(CellBuffer, KeepsApartWhatAlternates) {
  CellBuffer buffer;
  for (int i = 0; i < 10; ++i) {
    buffer.add(0, Cube::messages, 5 * kHour, 1);
    buffer.add(0, Cube::messages, 6 * kHour, 1);
    buffer.add(1, Cube::messages, 5 * kHour, 1);
    buffer.add(1, Cube::quality, 5 * kHour, 1);
  }
  const auto runs = taken(buffer);
  for (const BucketKey& key : {hour(0, 5), hour(0, 6), hour(1, 5)}) EXPECT_EQ(runs.at(key).at(0).count, 10U);
  EXPECT_EQ(runs.at({1, Cube::quality, Granularity::hour, 5}).at(0).count, 10U);
  EXPECT_EQ(runs.size(), 7U);
}

TEST(CellBuffer, IsEmptyOnceTaken) {
  CellBuffer buffer;
  buffer.add(0, Cube::messages, 5 * kHour, 1);
  taken(buffer);
  EXPECT_TRUE(taken(buffer).empty());
  buffer.add(0, Cube::messages, 5 * kHour, 1);
  EXPECT_EQ(taken(buffer).size(), 2U);
}

TEST(CellBuffer, ACountOfZeroMakesNoCell) {
  CellBuffer buffer;
  buffer.add(0, Cube::messages, 5 * kHour, 1, 0);
  EXPECT_TRUE(taken(buffer).empty());
}

}  // namespace
}  // namespace blockwatch
