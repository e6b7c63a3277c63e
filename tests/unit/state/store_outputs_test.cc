// What became of each notification at each output.
#include <cstdint>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StoreOutputs : public test::OpenStore {
 protected:
  OutputStanding standing(const std::string& name) {
    for (OutputStanding& o : store_->snapshot()->outputs())
      if (o.name == name) return o;
    ADD_FAILURE() << "no output " << name;
    return {};
  }
  static std::vector<std::uint64_t> sequences(const OutputStanding& output) {
    std::vector<std::uint64_t> out;
    for (const Suppressed& s : output.suppressed)
      for (std::uint64_t i = 0; i < s.count; ++i) out.push_back(s.first + i);
    return out;
  }
};

TEST_F(StoreOutputs, WhatTheCursorPassesIsDeliveredUnlessItIsSuppressed) {
  ASSERT_TRUE(store_->set_cursor("pager", 4, {{2, 2, Suppression::stale}}));
  ASSERT_TRUE(store_->set_cursor("pager", 5));
  ASSERT_TRUE(store_->set_cursor("pager", 9, {{6, 1, Suppression::stale}, {9, 1, Suppression::stale}}));
  reopen();
  const OutputStanding pager = standing("pager");
  EXPECT_EQ(pager.cursor, 9U);
  EXPECT_EQ(pager.delivered, 5U);
  EXPECT_THAT(sequences(pager), ElementsAre(2, 3, 6, 9));
}

TEST_F(StoreOutputs, DeliveredAndSuppressedAreAllThatTheCursorHasPassed) {
  test::Random random;
  std::uint64_t cursor = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<Suppressed> suppressed;
    std::uint64_t at = cursor;
    for (std::uint64_t n = random.below(4); n > 0; --n) {
      suppressed.push_back({at + 1 + random.below(3), 1 + random.below(5), Suppression::stale});
      at = suppressed.back().first + suppressed.back().count - 1;
    }
    cursor = at + random.below(3);
    ASSERT_TRUE(store_->set_cursor("pager", cursor, suppressed));
    const OutputStanding pager = standing("pager");
    ASSERT_EQ(pager.cursor, cursor);
    ASSERT_EQ(pager.delivered + sequences(pager).size(), cursor);
  }
}

TEST_F(StoreOutputs, EachOutputHasItsOwn) {
  ASSERT_TRUE(store_->set_cursor("a", 3, {{1, 3, Suppression::stale}}));
  ASSERT_TRUE(store_->set_cursor("ab", 3));
  ASSERT_TRUE(store_->set_cursor("b", 0));
  const auto outputs = store_->snapshot()->outputs();
  ASSERT_EQ(outputs.size(), 3U);
  EXPECT_THAT(sequences(outputs[0]), ElementsAre(1, 2, 3));
  EXPECT_THAT(sequences(outputs[1]), IsEmpty());
  EXPECT_EQ(outputs[1].delivered, 3U);
  EXPECT_EQ(outputs[2].cursor, 0U);
}

TEST_F(StoreOutputs, ASnapshotSeesCursorAndSuppressedOfOneMoment) {
  const auto before = store_->snapshot();
  ASSERT_TRUE(store_->set_cursor("pager", 4, {{2, 2, Suppression::stale}}));
  EXPECT_THAT(before->outputs(), IsEmpty());
}

TEST_F(StoreOutputs, ACursorThatGoesBackIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ASSERT_TRUE(store_->set_cursor("pager", 4));
  EXPECT_DEATH((void)store_->set_cursor("pager", 3), "sequence >= done");
  EXPECT_DEATH((void)store_->set_cursor("pager", 6, {{4, 1, Suppression::stale}}), "s.first > done");
  EXPECT_DEATH((void)store_->set_cursor("pager", 6, {{6, 2, Suppression::stale}}), "s.count");
}

}  // namespace
}  // namespace blockwatch
