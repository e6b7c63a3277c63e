// What a signal does to a program that takes them.
#include "daemon/signals.h"

#include <unistd.h>

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class SignalsTest : public testing::TestWithParam<int> {};

TEST_P(SignalsTest, SetsTheStop) {
  std::atomic<bool> stop{false};
  const Signals signals(stop);
  ASSERT_EQ(kill(getpid(), GetParam()), 0);
  const auto deadline = steady_clock::now() + seconds(10);
  while (!stop && steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_TRUE(stop);
}

INSTANTIATE_TEST_SUITE_P(TermAndInt, SignalsTest, testing::Values(SIGTERM, SIGINT));

TEST(Signals, AHangupAsksForAReloadAndABrokenPipeStopsNothing) {
  std::atomic<bool> stop{false};
  std::atomic<bool> reload{false};
  const Signals signals(stop, &reload);
  kill(getpid(), SIGPIPE);
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_FALSE(reload);
  kill(getpid(), SIGHUP);
  const auto deadline = steady_clock::now() + seconds(10);
  while (!reload && steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_TRUE(reload);
  EXPECT_FALSE(stop);
}

TEST(Signals, AHangupIsNothingWhereThereIsNothingToReload) {
  std::atomic<bool> stop{false};
  const Signals signals(stop);
  kill(getpid(), SIGHUP);
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_FALSE(stop);
}

TEST(SignalsDeathTest, TenSecondsAfterASignalTheProcessEndsWhateverItDoes) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto begin = steady_clock::now();
  EXPECT_EXIT(
      {
        std::atomic<bool> stop{false};
        const Signals signals(stop);
        kill(getpid(), SIGTERM);
        std::this_thread::sleep_for(seconds(60));
      },
      testing::ExitedWithCode(75), "event=stop_deadline");
  EXPECT_GT(steady_clock::now() - begin, seconds(8));
  EXPECT_LT(steady_clock::now() - begin, seconds(15));
}

}  // namespace
}  // namespace blockwatch
