#include "pipeline/bit_squeeze.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

TEST(BitSqueeze, KeepsTheOrderAndGivesEveryWordBack) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 500; ++round) {
    std::uint64_t used = random();
    for (int thinner = round % 3; thinner > 0; --thinner) used &= random();
    const BitSqueeze squeeze(used);
    std::vector<std::uint64_t> words{0, used};
    for (int i = 0; i < 20; ++i) words.push_back(random() & used);
    std::sort(words.begin(), words.end());
    std::uint64_t before = 0;
    for (const std::uint64_t word : words) {
      const std::uint64_t squeezed = squeeze.squeeze(word);
      ASSERT_EQ(squeeze.expand(squeezed), word);
      ASSERT_GE(squeezed, before);
      ASSERT_TRUE(squeeze.bits() == 64 || squeezed >> squeeze.bits() == 0);
      before = squeezed;
    }
  }
}

TEST(BitSqueeze, IsAsNarrowAsTheUsedBitsButForSmallGaps) {
  EXPECT_EQ(BitSqueeze(0).bits(), 0U);
  EXPECT_EQ(BitSqueeze(1ULL << 63U).bits(), 1U);
  EXPECT_EQ(BitSqueeze(1ULL << 63U | 1U).bits(), 2U);
  EXPECT_EQ(BitSqueeze(0b10001).bits(), 5U);
  EXPECT_EQ(BitSqueeze(~0ULL).bits(), 64U);
}

}  // namespace
}  // namespace blockwatch
