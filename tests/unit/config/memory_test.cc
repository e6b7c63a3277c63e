// How the budget of memory is divided.
#include "config/memory.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

MemoryDivision divided(const MemoryClaims& claims) {
  const auto division = divide_memory(claims);
  EXPECT_TRUE(division.has_value());
  return division.value_or(MemoryDivision());
}

TEST(MemoryDivision, WithoutABudgetEachPartHasItsDefault) {
  const MemoryDivision d = divided({});
  EXPECT_EQ(d.total(), 960 * kMiB);
  EXPECT_EQ(d[MemoryPart::program], 64 * kMiB);
  EXPECT_EQ(d[MemoryPart::rules], 64 * kMiB);
  EXPECT_EQ(d[MemoryPart::state_cache], 16 * kMiB);
  EXPECT_EQ(d[MemoryPart::write_buffers], 104 * kMiB);
  EXPECT_EQ(d[MemoryPart::ids], 256 * kMiB);
  EXPECT_EQ(d[MemoryPart::source_queue], 64 * kMiB);
  EXPECT_EQ(d[MemoryPart::batches], 40 * kMiB);
  EXPECT_EQ(d[MemoryPart::commits], 256 * kMiB);
  EXPECT_EQ(d[MemoryPart::unknown_oris], 64 * kMiB);
  EXPECT_EQ(d[MemoryPart::incidents], 32 * kMiB);
}

TEST(MemoryDivision, OfTheDefaultIsTheDefault) {
  EXPECT_EQ(divided({.budget = 960 * kMiB}), divided({}));
}

TEST(MemoryDivision, NeverGivesOutMoreThanTheBudgetAndNearlyAllOfIt) {
  for (const std::uint64_t mib : {160U, 161U, 200U, 333U, 960U, 4096U, 1U << 20U}) {
    for (const std::uint64_t odd : {0U, 1U, 4097U}) {
      const std::uint64_t budget = mib * kMiB + odd;
      const MemoryDivision d = divided({.budget = budget});
      EXPECT_LE(d.total(), budget);
      EXPECT_GT(d.total() + kMemoryPartCount, budget);
    }
  }
}

TEST(MemoryDivision, ALittleBudgetTakesFromAllButProgramAndRules) {
  const MemoryDivision d = divided({.budget = (128 + 104) * kMiB});  // an eighth of what is divided
  EXPECT_EQ(d[MemoryPart::program], 64 * kMiB);
  EXPECT_EQ(d[MemoryPart::rules], 64 * kMiB);
  EXPECT_EQ(d[MemoryPart::ids], 32 * kMiB);
  EXPECT_EQ(d[MemoryPart::state_cache], 2 * kMiB);
  EXPECT_EQ(d[MemoryPart::commits], 32 * kMiB);
}

TEST(MemoryDivision, WhatIsClaimedIsGrantedAndTheOthersShareTheRest) {
  const MemoryDivision d = divided({.budget = 960 * kMiB, .ids = 544 * kMiB});
  EXPECT_EQ(d[MemoryPart::ids], 544 * kMiB);
  EXPECT_EQ(d[MemoryPart::commits], 128 * kMiB) << "288 MiB are left for shares of 576";
  EXPECT_LE(d.total(), 960 * kMiB);
}

TEST(MemoryDivision, WithoutABudgetAClaimTakesNothingFromAnybody) {
  const MemoryDivision d = divided({.ids = 4096 * kMiB, .source_queue = 48 * kMiB});
  EXPECT_EQ(d[MemoryPart::ids], 4096 * kMiB);
  EXPECT_EQ(d[MemoryPart::source_queue], 128 * kMiB) << "records take more than their payloads";
  EXPECT_EQ(d[MemoryPart::commits], 256 * kMiB);
  EXPECT_EQ(d.total(), (960 - 256 - 64 + 4096 + 128) * kMiB);
}

TEST(MemoryDivision, LargeFilesOfRulesAreAClaimToo) {
  EXPECT_EQ(divided({.rule_files = 2 * kMiB})[MemoryPart::rules], 64 * kMiB);
  EXPECT_EQ(divided({.rule_files = 10 * kMiB})[MemoryPart::rules], 300 * kMiB);
}

TEST(MemoryDivision, WhatDoesNotFitIsRefusedWithWhatWould) {
  const MemoryClaims claims{.budget = 300 * kMiB, .ids = 256 * kMiB};
  const auto refused = divide_memory(claims);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), least_memory(claims));
  MemoryClaims enough = claims;
  enough.budget = refused.error();
  EXPECT_TRUE(divide_memory(enough));
  enough.budget = refused.error() - 1;
  EXPECT_FALSE(divide_memory(enough));
  EXPECT_EQ(least_memory({}), 160 * kMiB) << "the least that the setting takes";
}

TEST(MemoryDivision, ThePayloadsOfAQueueAndTheQueueOfPayloadsAgree) {
  EXPECT_EQ(queued_payloads(64 * kMiB), 24 * kMiB);
  for (const std::uint64_t payloads : {1024U, 3072U, 24U << 20U, 1U << 30U}) {
    EXPECT_LE(queued_payloads(queue_of_payloads(payloads)), payloads);
    EXPECT_GE(queued_payloads(queue_of_payloads(payloads)) + 8, payloads);
  }
}

TEST(MemoryDivision, IsPrintedInMebibytesInTheOrderOfItsParts) {
  EXPECT_EQ(to_text(divided({})),
            "program 64, rules 64, state_cache 16, write_buffers 104, ids 256, source_queue 64, batches 40, "
            "commits 256, unknown_oris 64, incidents 32 MiB");
}

}  // namespace
}  // namespace blockwatch
