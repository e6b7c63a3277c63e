#include "pipeline/unknown_oris.h"

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

TEST(UnknownOris, TheHundredThousandFirstHaveRowsOfTheirOwn) {
  UnknownOris oris([](std::uint32_t, std::int64_t) { return UnknownOris::Ids(); }, [] {});
  for (DictionaryId id = 0; id < kUnknownOrisPerDay; ++id) ASSERT_TRUE(oris.admit(0, 1, id));
  EXPECT_FALSE(oris.admit(0, 1, kUnknownOrisPerDay));
  EXPECT_TRUE(oris.admit(0, 1, 5)) << "one that has a row keeps it";
  EXPECT_TRUE(oris.admit(0, 2, kUnknownOrisPerDay)) << "another day has its own bound";
  EXPECT_TRUE(oris.admit(1, 1, kUnknownOrisPerDay)) << "another partition too";
}

TEST(UnknownOris, WhatTheStoreHoldsCountsAfterARestart) {
  const auto full = [](std::uint32_t, std::int64_t) {
    UnknownOris::Ids ids;
    for (DictionaryId id = 0; id < kUnknownOrisPerDay; ++id) ids.insert(id);
    return ids;
  };
  UnknownOris oris(full, [] {});
  EXPECT_TRUE(oris.admit(0, 1, 7));
  EXPECT_FALSE(oris.admit(0, 1, kUnknownOrisPerDay));
}

TEST(UnknownOris, DaysThatWereNotTouchedLatelyAreReadAgain) {
  int loads = 0;
  int waits = 0;
  const auto load = [&](std::uint32_t, std::int64_t) {
    ++loads;
    return UnknownOris::Ids();
  };
  UnknownOris oris(load, [&] { ++waits; });
  for (std::int64_t day = 0; day < 100; ++day) oris.admit(0, day, 1);
  oris.trim();
  oris.admit(0, 99, 1);
  EXPECT_EQ(loads, 100) << "a recent day stays";
  oris.admit(0, 0, 1);
  EXPECT_EQ(loads, 101) << "an old one does not";
  EXPECT_EQ(waits, 1) << "the batch that it was dropped with may have changed it";
  oris.trim();
  oris.admit(0, 1, 1);
  EXPECT_EQ(loads, 102);
  EXPECT_EQ(waits, 1) << "that batch is durable by now";
}

TEST(UnknownOris, BeyondTheirBytesTheDaysThatWereTouchedLastStay) {
  int loads = 0;
  const auto load = [&](std::uint32_t, std::int64_t) {
    ++loads;
    return UnknownOris::Ids();
  };
  UnknownOris oris(
      load, [] {}, 100'000);
  for (std::int64_t day = 0; day < 8; ++day)
    for (DictionaryId id = 0; id < 5000; ++id) oris.admit(0, day, id);
  EXPECT_GT(oris.bytes(), 200'000U);
  oris.trim();
  EXPECT_LE(oris.bytes(), 100'000U);
  EXPECT_GT(oris.bytes(), 30'000U);
  oris.admit(0, 7, 1);
  EXPECT_EQ(loads, 8);
  oris.admit(0, 0, 1);
  EXPECT_EQ(loads, 9);
}

}  // namespace
}  // namespace blockwatch
