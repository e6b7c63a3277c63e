#include "pipeline/cell_buffer.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

BucketKey hour(std::uint32_t partition, std::int64_t number) {
  return {partition, Cube::disclosures, Granularity::hour, number};
}

TEST(CellBuffer, SumsACellThatComesSeveralTimes) {
  CellBuffer buffer;
  buffer.add(hour(0, 5), {9, 0});
  buffer.add(hour(0, 5), {3, 0}, 4);
  buffer.add(hour(0, 5), {9, 0});
  const auto runs = buffer.take();
  ASSERT_EQ(runs.size(), 1U);
  const auto& run = runs.at(hour(0, 5));
  ASSERT_EQ(run.size(), 2U);
  EXPECT_EQ(run[0].cell.code, 3U);
  EXPECT_EQ(run[0].count, 4U);
  EXPECT_EQ(run[1].count, 2U);
}

TEST(CellBuffer, KeepsBucketsApartThatAlternate) {
  CellBuffer buffer;
  for (int i = 0; i < 10; ++i) {
    buffer.add(hour(0, 5), {1, 0});
    buffer.add(hour(0, 6), {1, 0});
    buffer.add(hour(1, 5), {1, 0});
  }
  const auto runs = buffer.take();
  ASSERT_EQ(runs.size(), 3U);
  for (const auto& [key, run] : runs) EXPECT_EQ(run.at(0).count, 10U);
}

TEST(CellBuffer, IsEmptyOnceTaken) {
  CellBuffer buffer;
  buffer.add(hour(0, 5), {1, 0});
  buffer.take();
  EXPECT_TRUE(buffer.take().empty());
  buffer.add(hour(0, 5), {1, 0});
  EXPECT_EQ(buffer.take().size(), 1U);
}

TEST(CellBuffer, ACountOfZeroMakesNoCell) {
  CellBuffer buffer;
  buffer.add(hour(0, 5), {1, 0}, 0);
  EXPECT_TRUE(buffer.take().empty());
}

}  // namespace
}  // namespace blockwatch
