#include "state/lock.h"

#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

using Mode = DirectoryLock::Mode;

/// Another process that holds the lock until it is killed.
class Holder {
 public:
  Holder(const std::string& dir, Mode mode) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto lock = DirectoryLock::take(dir, mode);
      const char answer = lock ? 'y' : 'n';
      if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char answer = 0;
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  std::string name() const { return "pid " + std::to_string(pid_); }

 private:
  pid_t pid_ = -1;
};

// Fault 10: a second daemon on the same state | two processes | refused with the pid of the first | once
TEST(DirectoryLock, ASecondProcessIsRefusedWithThePidOfTheFirst) {
  const test::TempDir dir;
  Holder holder(dir.path(), Mode::exclusive);
  for (const Mode mode : {Mode::exclusive, Mode::shared}) {
    const auto lock = DirectoryLock::take(dir.path(), mode);
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().code, ExitCode::temporary);
    EXPECT_THAT(lock.error().message, testing::HasSubstr(dir.path() + " is held by " + holder.name()));
    EXPECT_THAT(lock.error().message, testing::HasSubstr("(state_test)"));
  }
}

TEST(DirectoryLock, AKilledHolderHoldsNothing) {
  const test::TempDir dir;
  Holder holder(dir.path(), Mode::exclusive);
  holder.kill();
  EXPECT_TRUE(DirectoryLock::take(dir.path(), Mode::exclusive));
}

TEST(DirectoryLock, ReadersShareAndKeepAWriterOutByName) {
  const test::TempDir dir;
  { ASSERT_TRUE(DirectoryLock::take(dir.path(), Mode::exclusive)); }
  Holder reader(dir.path(), Mode::shared);
  EXPECT_TRUE(DirectoryLock::take(dir.path(), Mode::shared));
  const auto writer = DirectoryLock::take(dir.path(), Mode::exclusive);
  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().message, testing::HasSubstr(reader.name()));
}

TEST(DirectoryLock, ASecondOpenInTheSameProcessIsRefused) {
  const test::TempDir dir;
  const auto first = DirectoryLock::take(dir.path(), Mode::exclusive);
  ASSERT_TRUE(first);
  const auto second = DirectoryLock::take(dir.path(), Mode::exclusive);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, testing::HasSubstr("pid " + std::to_string(::getpid())));
}

TEST(DirectoryLock, ReadingCreatesNothing) {
  const test::TempDir dir;
  EXPECT_FALSE(DirectoryLock::take(dir.path(), Mode::shared));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(DirectoryLock, AMovedLockIsHeldOnce) {
  const test::TempDir dir;
  auto first = DirectoryLock::take(dir.path(), Mode::exclusive);
  ASSERT_TRUE(first);
  {
    const DirectoryLock second = std::move(*first);
    EXPECT_FALSE(DirectoryLock::take(dir.path(), Mode::exclusive));
  }
  EXPECT_TRUE(DirectoryLock::take(dir.path(), Mode::exclusive));
}

}  // namespace
}  // namespace blockwatch
