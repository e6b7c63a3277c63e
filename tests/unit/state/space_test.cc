#include "state/space.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;

TEST(Space, ABatchIsWrittenOnlyWhereTheReserveStays) {
  EXPECT_FALSE(enough_space(0, 0));
  EXPECT_FALSE(enough_space(kFreeBytesMin - 1, 0));
  EXPECT_TRUE(enough_space(kFreeBytesMin, 0));
  EXPECT_FALSE(enough_space(kFreeBytesMin + 199, 100));
  EXPECT_TRUE(enough_space(kFreeBytesMin + 200, 100));
}

TEST(Space, TheGateOpensWhenSpaceComesBack) {
  int probes = 0;
  const SpaceGate gate(
      "/state", [&]() -> Expected<std::uint64_t> { return ++probes < 4 ? 0 : kFreeBytesMin; },
      milliseconds(1));
  EXPECT_TRUE(gate.wait_for(0));
  EXPECT_EQ(probes, 4);
}

TEST(Space, AFileSystemThatDoesNotAnswerIsAnError) {
  const SpaceGate gate(
      "/state", []() -> Expected<std::uint64_t> { return fail(ExitCode::temporary, "gone"); },
      milliseconds(1));
  const auto result = gate.wait_for(0);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "gone");
}

TEST(Space, TheFreeSpaceOfADirectoryIsFoundAndAMissingOneIsNamed) {
  const test::TempDir dir;
  EXPECT_GT(free_bytes_of(dir.path()).value(), 0U);
  const auto missing = free_bytes_of(dir.path() + "/none");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find(dir.path() + "/none"), std::string::npos);
}

}  // namespace
}  // namespace blockwatch
