// How far a partition is behind, and whether it stands at its end.
#include "pipeline/kafka/position.h"

#include <gtest/gtest.h>

namespace blockwatch::kafka {
namespace {

Position at(std::uint64_t next_offset) {
  return {0, LogCheck(next_offset, std::nullopt)};
}

TEST(Position, TheLagIsToTheEndThatIsFurther) {
  Position p = at(100);
  EXPECT_FALSE(p.lag({}));
  EXPECT_EQ(p.lag({0, 130}), 30U);
  p.readable = ReadableEnd{150, {}};
  EXPECT_EQ(p.lag({0, 130}), 50U);
  EXPECT_EQ(p.lag({}), 50U);
  p.readable = ReadableEnd{90, {}};  // an older answer
  EXPECT_EQ(p.lag({0, 130}), 30U);
}

TEST(Position, WhereNothingWasCountedYetTheLogsBeginningCounts) {
  const Position p{0, LogCheck(std::nullopt, std::nullopt)};
  EXPECT_EQ(p.lag({40, 100}), 60U);
}

TEST(Position, AtTheEndWhatIsLeftIsMarksOfTransactionsUnlessTheBrokersSayMore) {
  Position p = at(100);
  p.at_end = true;
  p.reached = 102;
  EXPECT_EQ(p.lag({0, 103}), 0U);
  p.readable = ReadableEnd{102, {}};
  EXPECT_TRUE(p.is_at_end());
  EXPECT_EQ(p.lag({0, 103}), 0U);
  p.readable = ReadableEnd{105, {}};
  EXPECT_FALSE(p.is_at_end());
  EXPECT_EQ(p.lag({0, 103}), 5U);
}

}  // namespace
}  // namespace blockwatch::kafka
