// The records of tests/golden/reject_reasons: one folder a reason (and `accepted`), one record a file, byte
// for byte.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "pipeline/expand.h"
#include "tests/unit/pipeline/message.h"
#include "tests/unit/pipeline/world.h"

namespace blockwatch {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(BLOCKWATCH_SOURCE_DIR) / "tests/golden/reject_reasons";

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string fate_after_expansion(std::string_view payload) {
  const Parsed parsed = parse(payload);
  if (parsed.reason) return std::string(name_of(*parsed.reason));
  Expansion expansion;
  const auto reason = expand(parsed.event, *World().compile(), expansion);
  return reason ? std::string(name_of(*reason)) : "accepted";
}

// Fault 14: poisonous records | a corpus of files, and fuzzing in tests/fuzz | rejected by the first reason
// that applies, never kept | each file
TEST(ParseGolden, EveryRecordMeetsTheFateThatItsFolderNames) {
  for (const auto& folder : std::filesystem::directory_iterator(kGolden)) {
    if (!folder.is_directory()) continue;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      EXPECT_EQ(fate_after_expansion(bytes_of(file)), folder.path().filename().string()) << file.path();
    }
  }
}

TEST(ParseGolden, EveryReasonHasARecord) {
  for (std::size_t i = 0; i < kRejectReasonCount; ++i) {
    const std::string reason(name_of(static_cast<RejectReason>(i)));
    EXPECT_TRUE(std::filesystem::exists(kGolden / reason) && !std::filesystem::is_empty(kGolden / reason))
        << reason;
  }
  EXPECT_FALSE(std::filesystem::is_empty(kGolden / "accepted"));
}

}  // namespace
}  // namespace blockwatch
