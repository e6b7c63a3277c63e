// What may be opened, and what is refused by name.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/state/fixtures.h"
#include "tests/unit/state/raw_database.h"

namespace blockwatch {
namespace {

using testing::HasSubstr;

Error refusal(const std::string& dir, Store::Access access) {
  const auto store = Store::open(dir, access);
  EXPECT_FALSE(store);
  return store ? Error{ExitCode::ok, ""} : store.error();
}

TEST(StoreOpen, ANewDirectoryIsMadeForItsOwnerAlone) {
  const test::TempDir dir;
  const std::string nested = dir.path() + "/a/b";
  const auto store = test::open_store(nested);
  CommitBatch batch;
  batch.progress = {test::progress(0, 1)};
  ASSERT_TRUE(store->commit(batch));
  struct stat s {};
  ASSERT_EQ(::stat(nested.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777U, 0700U);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(nested)) {
    ASSERT_EQ(::stat(entry.path().c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 0077U, 0U) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 4);
}

TEST(StoreOpen, AnExistingDirectoryIsClosedToOthers) {
  const test::TempDir dir;
  std::filesystem::create_directory(dir.state());
  ASSERT_EQ(::chmod(dir.state().c_str(), 0755), 0);
  test::open_store(dir.state());
  struct stat s {};
  ASSERT_EQ(::stat(dir.state().c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777U, 0700U);
}

TEST(StoreOpen, TheIdentityIsMadeOnceAndIsAnothersElsewhere) {
  const test::TempDir one;
  const test::TempDir two;
  const StateIdentity first = test::open_store(one.state())->identity();
  const StateIdentity again = test::open_store(one.state())->identity();
  const StateIdentity other = test::open_store(two.state())->identity();
  EXPECT_THAT(first.instance, testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(first.reject_secret.size(), 32U);
  EXPECT_EQ(again.instance, first.instance);
  EXPECT_EQ(again.reject_secret, first.reject_secret);
  EXPECT_EQ(again.fingerprint_key, first.fingerprint_key);
  EXPECT_NE(other.instance, first.instance);
  EXPECT_NE(other.reject_secret, first.reject_secret);
  EXPECT_NE(other.fingerprint_key, first.fingerprint_key);
}

// Fault 20: a state of a newer or an older format | its format mark | refused by number, left as it is |
// once each
TEST(StoreOpen, ANewerFormatIsRefusedByNumber) {
  const test::TempDir dir;
  test::open_store(dir.state());
  test::RawDatabase(dir.state()).put("Mformat", std::string(1, '\x05'));
  for (const auto access : {Store::Access::write, Store::Access::read}) {
    const Error error = refusal(dir.state(), access);
    EXPECT_EQ(error.code, ExitCode::state_damaged);
    EXPECT_THAT(error.message, HasSubstr("a newer blockwatch, format 5; this one knows format 4"));
  }
}

TEST(StoreOpen, AnOlderFormatIsRefusedByNumberAndLeftAsItIs) {
  const test::TempDir dir;
  test::open_store(dir.state());
  {
    test::RawDatabase raw(dir.state());  // format 2 had one column family
    raw.put("Mformat", std::string(1, '\x02'));
    raw.drop(Family::kept);
    raw.drop(Family::recent);
  }
  for (const auto access : {Store::Access::write, Store::Access::read}) {
    const Error error = refusal(dir.state(), access);
    EXPECT_EQ(error.code, ExitCode::state_damaged);
    EXPECT_THAT(error.message, HasSubstr("an older blockwatch, format 2; this one knows format 4"));
  }
  std::vector<std::string> families;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), dir.state() + "/db", &families).ok());
  EXPECT_EQ(families.size(), 1U) << "the older program must be able to open it";
}

TEST(StoreOpen, ADatabaseThatLacksAColumnFamilyIsDamaged) {
  for (const Family lost : {Family::kept, Family::recent}) {
    const test::TempDir dir;
    test::open_store(dir.state());
    test::RawDatabase(dir.state()).drop(lost);
    for (const auto access : {Store::Access::write, Store::Access::read}) {
      const Error error = refusal(dir.state(), access);
      EXPECT_EQ(error.code, ExitCode::state_damaged);
      EXPECT_THAT(error.message, HasSubstr("lacks a column family"));
    }
  }
}

TEST(StoreOpen, AFirstStartCutBetweenItsColumnFamiliesIsTakenUp) {
  const test::TempDir dir;
  test::open_store(dir.state());
  {
    test::RawDatabase raw(dir.state());
    raw.erase("Mformat");
    raw.erase("Midentity");
    raw.drop(Family::recent);
  }
  EXPECT_THAT(refusal(dir.state(), Store::Access::read).message, HasSubstr("its first start never ended"));
  EXPECT_EQ(test::open_store(dir.state())->identity().instance.size(), 16U);
}

TEST(StoreOpen, ADatabaseOfSomeoneElseIsRefused) {
  const test::TempDir dir;
  test::open_store(dir.state());
  {
    test::RawDatabase raw(dir.state());
    raw.erase("Mformat");
    raw.put("hello", "world");
  }
  const Error error = refusal(dir.state(), Store::Access::write);
  EXPECT_EQ(error.code, ExitCode::state_damaged);
  EXPECT_THAT(error.message, HasSubstr("without blockwatch's format mark"));
}

TEST(StoreOpen, ADirectoryWithOtherContentIsRefusedAndLeftAlone) {
  const test::TempDir dir;
  std::filesystem::create_directory(dir.state());
  std::ofstream(dir.state() + "/letter.txt") << "x";
  const Error error = refusal(dir.state(), Store::Access::write);
  EXPECT_EQ(error.code, ExitCode::bad_config);
  EXPECT_THAT(error.message, HasSubstr(dir.state()));
  EXPECT_THAT(error.message, HasSubstr("letter.txt"));
  EXPECT_FALSE(std::filesystem::exists(dir.state() + "/lock"));
}

TEST(StoreOpen, WhatAnInterruptedFirstStartLeavesIsTakenUp) {
  const test::TempDir dir;
  std::filesystem::create_directories(dir.state() + "/db");
  std::ofstream(dir.state() + "/lock") << "1\n";
  EXPECT_EQ(test::open_store(dir.state())->identity().instance.size(), 16U);
}

TEST(StoreOpen, AFirstStartCutBeforeItsMarkIsTakenUp) {
  const test::TempDir dir;
  test::open_store(dir.state());
  {
    test::RawDatabase raw(dir.state());
    raw.erase("Mformat");
    raw.erase("Midentity");
  }
  EXPECT_EQ(test::open_store(dir.state())->identity().instance.size(), 16U);
}

TEST(StoreOpen, ReadingAMissingDirectoryNamesItAndCreatesNothing) {
  const test::TempDir dir;
  const Error error = refusal(dir.state(), Store::Access::read);
  EXPECT_EQ(error.code, ExitCode::usage);
  EXPECT_THAT(error.message, HasSubstr(dir.state() + " does not exist"));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));

  std::filesystem::create_directory(dir.state());
  EXPECT_THAT(refusal(dir.state(), Store::Access::read).message, HasSubstr("holds no blockwatch state"));
  EXPECT_TRUE(std::filesystem::is_empty(dir.state()));
}

std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>> files_of(
    const std::string& dir) {
  std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir))
    if (entry.is_regular_file()) out[entry.path()] = {entry.file_size(), entry.last_write_time()};
  return out;
}

TEST(StoreOpen, ReadingChangesNoByteAndReadersShare) {
  const test::TempDir dir;
  {
    const auto store = test::open_store(dir.state());
    CommitBatch batch;
    batch.progress = {test::progress(0, 1)};
    ASSERT_TRUE(store->commit(batch));
  }
  const auto before = files_of(dir.state());
  {
    const auto one = test::open_store(dir.state(), Store::Access::read);
    const auto two = test::open_store(dir.state(), Store::Access::read);
    EXPECT_EQ(one->snapshot()->partitions().size(), 1U);
    EXPECT_EQ(two->snapshot()->partitions().size(), 1U);
    EXPECT_EQ(refusal(dir.state(), Store::Access::write).code, ExitCode::temporary);
  }
  EXPECT_EQ(files_of(dir.state()), before);
}

TEST(StoreOpen, AHeldDirectoryIsRefusedWithTheHoldersPid) {
  const test::TempDir dir;
  const auto store = test::open_store(dir.state());
  for (const auto access : {Store::Access::write, Store::Access::read})
    EXPECT_THAT(refusal(dir.state(), access).message,
                HasSubstr("is held by pid " + std::to_string(::getpid())));
}

}  // namespace
}  // namespace blockwatch
