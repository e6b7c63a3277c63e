// Damaged rows and files end in exit 65 with a text that says what to do, never in undefined behavior or a
// wrong count.
#include <filesystem>
#include <fstream>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/random_cells.h"
#include "tests/unit/state/raw_database.h"

namespace blockwatch {
namespace {

using testing::ExitedWithCode;
using testing::HasSubstr;

constexpr int kDamaged = static_cast<int>(ExitCode::state_damaged);

const RowKey kRow{0, Cube::messages, Granularity::hour, 5};

/// One row of every kind.
void fill(const std::string& dir) {
  const auto store = test::open_store(dir);
  CommitBatch batch;
  batch.progress = {test::progress(0, 1, kDay)};
  batch.runs[kRow] = test::run_of({{{1, 0}, 1}, {{2, 0}, 5}});
  batch.evidence.emplace_back();
  batch.rejects.emplace_back();
  batch.seen[0] = {{1, kDay}};
  batch.incidents = {test::incident_part(1, 0, 3)};
  batch.notifications = {test::notification(1, "opened")};
  batch.new_names = {{Dictionary::agency, {"ice"}}};
  batch.new_versions = {{VersionKind::policy, {kNoTime, "aa"}, {"text"}}};
  ASSERT_TRUE(store->commit(batch));
  ASSERT_TRUE(store->set_as_of(1));
  ASSERT_TRUE(store->set_cursor("alerts", 1, {{1, 1, Suppression::stale}}));
}

struct Reader {
  char kind;
  std::string what;
  std::function<void(Store&)> read;
};

std::vector<Reader> readers() {
  return {
      {'P', "the progress of a partition", [](Store& s) { s.snapshot()->partitions(); }},
      {'C', "a run of counters",
       [](Store& s) {
         s.snapshot()->for_each_cell(Cube::messages, Granularity::hour, 0, 10,
                                     [](const BucketKey&, const CellCount&) {});
       }},
      {'V', "a version of policy or catalog", [](Store& s) { s.snapshot()->versions(VersionKind::policy); }},
      {'F', "the files of a version of policy or catalog",
       [](Store& s) { s.snapshot()->version_files(VersionKind::policy, 0); }},
      {'I', "an incident", [](Store& s) { s.snapshot()->incidents("", ""); }},
      {'I', "an incident of day", [](Store& s) { s.snapshot()->incident(test::incident_id(1)); }},
      {'I', "an incident of day", [](Store& s) { s.open_incident_parts(); }},
      {'A', "the notifications of an incident",
       [](Store& s) { s.snapshot()->notifications_of(test::incident_id(1)); }},
      {'R', "a reject",
       [](Store& s) { s.snapshot()->for_each_reject({}, [](const RejectRecord&) { return true; }); }},
      {'E', "a chunk of evidence", [](Store& s) { s.snapshot()->for_each_evidence([](const Evidence&) {}); }},
      {'L', "a notification of the log", [](Store& s) { s.read_log(0, 10); }},
      {'O', "the cursor of output alerts", [](Store& s) { s.cursor("alerts"); }},
      {'O', "the cursor of an output", [](Store& s) { s.snapshot()->outputs(); }},
      {'S', "what an output was not given", [](Store& s) { s.snapshot()->outputs(); }},
  };
}

class StoreDamage : public testing::Test {
 protected:
  StoreDamage() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  test::TempDir dir_;
};

class StoreDamageByKind : public StoreDamage, public testing::WithParamInterface<std::size_t> {};

TEST_P(StoreDamageByKind, AReaderOfADamagedRowEndsTheProcessAndSaysWhichRow) {
  const Reader reader = readers().at(GetParam());
  SCOPED_TRACE(reader.what);
  fill(dir_.state());
  ASSERT_EQ(test::RawDatabase(dir_.state()).cut_values(reader.kind), 1);
  const auto store = test::open_store(dir_.state(), Store::Access::read);
  EXPECT_EXIT(reader.read(*store), ExitedWithCode(kDamaged),
              "state damaged: cannot decode " + reader.what + ".*backup");
}
INSTANTIATE_TEST_SUITE_P(EveryReader, StoreDamageByKind, testing::Range(std::size_t{0}, readers().size()));

TEST_F(StoreDamage, SeenIdsThatAreDamagedAreAnErrorOfTheWorker) {
  fill(dir_.state());
  ASSERT_EQ(test::RawDatabase(dir_.state()).cut_values('D'), 1);
  const auto store = test::open_store(dir_.state());
  const auto result = store->for_each_seen(0, [](const SeenId&) {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::state_damaged);
  EXPECT_THAT(result.error().message, HasSubstr("the seen ids of partition 0"));
}

TEST_F(StoreDamage, AMergeWithADamagedRunFailsTheCommit) {
  fill(dir_.state());
  ASSERT_EQ(test::RawDatabase(dir_.state()).cut_values('C'), 1);
  const auto store = test::open_store(dir_.state());
  Expected<void> result;
  for (std::size_t runs = 2; runs <= kSmallRunsMerged && result; ++runs) {  // with the damaged one
    CommitBatch batch;
    batch.progress = {test::progress(0, runs, kDay)};
    batch.runs[kRow] = test::run_of({{{1, 0}, 1}, {{2, 0}, 5}});
    result = store->commit(batch);
  }
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ExitCode::state_damaged);
  EXPECT_THAT(result.error().message, HasSubstr("a run of counters"));
}

TEST_F(StoreDamage, AnIdentityThatIsDamagedIsRefusedAtOpening) {
  fill(dir_.state());
  test::RawDatabase(dir_.state()).put("Midentity", "x");
  const auto store = Store::open(dir_.state(), Store::Access::write);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ExitCode::state_damaged);
  EXPECT_THAT(store.error().message, HasSubstr("the identity"));
}

/// Removes the database's files whose names begin with `prefix`; how many.
int remove_files(const std::string& state_dir, const std::string& prefix) {
  int n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(state_dir + "/db"))
    if (entry.path().filename().string().starts_with(prefix))
      n += std::filesystem::remove(entry.path()) ? 1 : 0;
  return n;
}

TEST_F(StoreDamage, AMissingFileIsRefusedAndNothingIsBegunAnew) {
  for (const std::string missing : {"CURRENT", "MANIFEST", "0"}) {
    SCOPED_TRACE(missing);
    const std::string dir = dir_.path() + "/" + missing;
    fill(dir);
    test::RawDatabase(dir).flush();
    ASSERT_GE(remove_files(dir, missing), 1);
    for (const auto access : {Store::Access::read, Store::Access::write}) {
      const auto store = Store::open(dir, access);
      ASSERT_FALSE(store);
      EXPECT_EQ(store.error().code, ExitCode::state_damaged) << store.error().message;
      EXPECT_THAT(store.error().message, HasSubstr(dir));
    }
  }
}

/// Turns over one byte in the middle of each file with this suffix; how many.
int flip_bytes(const std::string& state_dir, const std::string& suffix, std::uintmax_t size_min) {
  int n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(state_dir + "/db")) {
    if (!entry.path().string().ends_with(suffix) || entry.file_size() < size_min) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(entry.file_size() / 3);
    file.seekg(middle);
    const char byte = static_cast<char>(file.get() ^ 0x40);
    file.seekp(middle);
    file.put(byte);
    ++n;
  }
  return n;
}

// Fault 6: a flipped byte in a table, a blob file, a log; a missing file | bytes changed in a stopped store |
// refused by name or read exactly, never counted wrong | each kind
TEST_F(StoreDamage, AFlippedByteInATableFileIsNeverCounted) {
  fill(dir_.state());
  test::RawDatabase(dir_.state()).flush();
  ASSERT_GE(flip_bytes(dir_.state(), ".sst", 100), 1);
  EXPECT_EXIT(
      {
        const auto store = Store::open(dir_.state(), Store::Access::read);
        if (!store) {
          std::cerr << store.error().message;
          std::_Exit(static_cast<int>(store.error().code));
        }
        for (const Reader& reader : readers()) reader.read(**store);
      },
      ExitedWithCode(kDamaged), "state damaged.*backup");
}

TEST_F(StoreDamage, AFlippedByteInABlobFileIsNeverCounted) {
  {
    const auto store = test::open_store(dir_.state());
    CommitBatch batch;
    batch.progress = {test::progress(0, 1, kDay)};
    test::Random random;
    batch.runs[kRow] = test::run_of(test::random_cells(random, 5'000, RunKind::codes));
    ASSERT_TRUE(store->commit(batch));
  }
  test::open_store(dir_.state());  // writes what the log holds into tables and blob files
  ASSERT_GE(flip_bytes(dir_.state(), ".blob", 1000), 1);
  EXPECT_EXIT(readers()[1].read(*test::open_store(dir_.state(), Store::Access::read)),
              ExitedWithCode(kDamaged), "state damaged.*backup");
}

TEST_F(StoreDamage, AFlippedByteAmongSyncedCommitsIsRefused) {
  fill(dir_.state());
  {
    const auto store = test::open_store(dir_.state());
    for (std::uint64_t i = 0; i < 500; ++i) {
      CommitBatch batch;
      batch.progress = {test::progress(0, i, kDay)};
      ASSERT_TRUE(store->commit(batch));
    }
  }
  ASSERT_GE(flip_bytes(dir_.state(), ".log", 1000), 1);
  const auto store = Store::open(dir_.state(), Store::Access::write);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ExitCode::state_damaged);
  EXPECT_THAT(store.error().message, HasSubstr(dir_.state()));
}

}  // namespace
}  // namespace blockwatch
