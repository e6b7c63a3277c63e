#include "state/space.h"

#include <atomic>
#include <future>
#include <thread>

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
  SpaceGate gate(
      "/state", [&]() -> Expected<std::uint64_t> { return ++probes < 4 ? 0 : kFreeBytesMin; },
      milliseconds(1));
  EXPECT_TRUE(gate.wait_for(0));
  EXPECT_EQ(probes, 4);
}

TEST(Space, AWaitIsSeenUntilItIsGivenUpAndThenEachFurtherOneEndsAtOnce) {
  std::atomic<std::uint64_t> free_bytes{7};
  SpaceGate gate(
      "/state", [&]() -> Expected<std::uint64_t> { return free_bytes.load(); }, std::chrono::hours(1));
  auto ended = std::async(std::launch::async, [&] { return gate.wait_for(100); });
  while (!gate.waiting()) std::this_thread::yield();
  EXPECT_EQ(gate.waiting()->free_bytes, 7U);
  EXPECT_EQ(gate.waiting()->needed_bytes, kFreeBytesMin + 200);
  EXPECT_FALSE(gate.has_given_up());
  gate.give_up();
  const auto result = ended.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::temporary);
  EXPECT_EQ(result.error().message, "stopped while waiting for space in /state: 0 of 192 MiB are free");
  EXPECT_TRUE(gate.has_given_up());
  EXPECT_FALSE(gate.waiting());
  EXPECT_FALSE(gate.wait_for(0));
  free_bytes = kFreeBytesMin;
  EXPECT_TRUE(gate.wait_for(0));  // what can be written is
}

TEST(Space, AFileSystemThatDoesNotAnswerIsAnError) {
  SpaceGate gate(
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
