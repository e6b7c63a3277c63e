// What fuzzing once found, and the golden records, through the same comparison as the fuzzer's.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/second_reading.h"

namespace blockwatch::fuzz {
namespace {

const std::filesystem::path kTests = std::filesystem::path(BLOCKWATCH_SOURCE_DIR) / "tests";

std::size_t compare_all_in(const std::filesystem::path& folder) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".md") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string payload{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_EQ(difference(payload), "") << entry.path();
    ++files;
  }
  return files;
}

TEST(ParseRegressions, WhatFuzzingFoundIsReadAsTheSecondReadingReadsIt) {
  EXPECT_GE(compare_all_in(kTests / "fuzz/regressions"), 1U);
}

TEST(ParseRegressions, TheGoldenRecordsAreReadAsTheSecondReadingReadsThem) {
  EXPECT_GE(compare_all_in(kTests / "golden/reject_reasons"), 60U);
}

}  // namespace
}  // namespace blockwatch::fuzz
