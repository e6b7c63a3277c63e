// After a kill at any moment the store holds exactly the acknowledged commits, or one more that was on its
// way.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

const RowKey kRow{0, Cube::disclosures, Granularity::day, 5};

RowKey minutes_at(std::uint64_t hour) {
  return {0, Cube::disclosures, Granularity::minute, static_cast<std::int64_t>(hour)};
}

/// Commit number n (from 1): each part of it can be counted afterwards.
CommitBatch numbered(std::uint64_t n) {
  CommitBatch batch;
  batch.progress = {test::progress(0, n, static_cast<TimeNs>(n) * kHour)};
  batch.runs[kRow] = test::run_of({{{n % 17, 0}, 1}});
  // One more minute, and one more observation in the minute that expires soon or is expired already.
  for (const std::uint64_t hour : {n, n - std::min<std::uint64_t>(n, 48 + n % 2)})
    batch.runs[minutes_at(hour)] = test::run_of({{{1, 0}, 1}}, RunKind::minutes);
  batch.seen[0] = {{n, static_cast<TimeNs>(n) * kMinute}};
  batch.notifications = {test::notification(1, std::to_string(n))};
  batch.new_names = {{Dictionary::ori, {std::to_string(n)}}};
  batch.rejects.emplace_back().offset = n;
  return batch;
}

/// The minutes that are left after so many commits: 48 h of them, each with its late observations.
std::map<BucketKey, std::uint64_t> minutes_after(std::uint64_t commits) {
  std::map<BucketKey, std::uint64_t> out;
  Piece piece;
  for (std::uint64_t n = 1; n <= commits; ++n)
    for (const auto& [row, run] : numbered(n).runs)
      if (row.granularity == Granularity::minute)
        read_row(row, run, piece, [&](const BucketKey& bucket, std::span<const CellCount> cells) {
          for (const CellCount& c : cells) out[bucket] += c.count;
        });
  const auto kept = static_cast<std::int64_t>(commits - std::min<std::uint64_t>(commits, 48)) * 60;
  std::erase_if(out, [&](const auto& entry) { return entry.first.number < kept; });
  return out;
}

/// What the store says about how many commits it holds, by each of its parts.
void expect_exactly(const Store& store, std::uint64_t commits) {
  const auto snapshot = store.snapshot();
  const auto partitions = snapshot->partitions();
  ASSERT_EQ(partitions.size(), commits == 0 ? 0U : 1U);
  if (commits > 0) {
    EXPECT_EQ(partitions[0].next_offset, commits);
  }
  std::uint64_t sum = 0;
  snapshot->for_each_cell(Cube::disclosures, Granularity::day, 0, 10,
                          [&](const BucketKey&, const CellCount& c) { sum += c.count; });
  EXPECT_EQ(sum, commits);
  std::map<BucketKey, std::uint64_t> minutes;
  snapshot->for_each_cell(Cube::disclosures, Granularity::minute, INT64_MIN, INT64_MAX,
                          [&](const BucketKey& bucket, const CellCount& c) { minutes[bucket] += c.count; });
  EXPECT_EQ(minutes, minutes_after(commits));
  std::uint64_t seen = 0;
  ASSERT_TRUE(store.for_each_seen(0, [&](const SeenId& id) { EXPECT_EQ(id.fingerprint, ++seen); }));
  EXPECT_EQ(seen, commits);
  EXPECT_EQ(store.log_end(), commits);
  EXPECT_EQ(store.read_log(0, 100'000).size(), commits);
  EXPECT_EQ(snapshot->names(Dictionary::ori).size(), commits);
  std::uint64_t rejects = 0;
  snapshot->for_each_reject({}, [&](const RejectRecord&) { return ++rejects > 0; });
  EXPECT_EQ(rejects, commits);
}

std::uint64_t held(const Store& store) {
  const auto partitions = store.snapshot()->partitions();
  return partitions.empty() ? 0 : partitions[0].next_offset;
}

void kill_after(std::chrono::microseconds delay) {
  std::thread([delay] {
    std::this_thread::sleep_for(delay);
    ::raise(SIGKILL);
  }).detach();
}

/// Commits on and on; each acknowledged one is written to the file `acks`, whose size survives a kill.
[[noreturn]] void commit_forever(const std::string& dir,
                                 std::optional<std::chrono::microseconds> kill_once_open = {}) {
  const auto store = test::open_store(dir + "/state");
  if (kill_once_open) kill_after(*kill_once_open);
  const int acks = ::open((dir + "/acks").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  for (std::uint64_t n = held(*store) + 1;; ++n) {
    CommitBatch batch = numbered(n);
    if (!store->commit(batch) || ::write(acks, "x", 1) != 1) std::_Exit(1);
  }
}

std::uint64_t acknowledged(const std::string& dir) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(dir + "/acks", missing);
  return missing ? 0 : size;
}

/// The child runs the test anew up to its statement, so the directory is handed over in the environment.
class StoreCrash : public testing::Test {
 protected:
  StoreCrash() {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    if (const char* inherited = std::getenv("BLOCKWATCH_TEST_CRASH_DIR")) {
      dir_ = inherited;
    } else {
      dir_ = own_.path();
      ::setenv("BLOCKWATCH_TEST_CRASH_DIR", dir_.c_str(), 1);
      is_parent_ = true;
    }
  }
  ~StoreCrash() override {
    if (is_parent_) ::unsetenv("BLOCKWATCH_TEST_CRASH_DIR");
  }
  /// A commit that was killed after its write is there though nobody was told; taken as acknowledged from
  /// here on.
  void expect_acknowledged_or_one_more() {
    const auto store = test::open_store(dir_ + "/state");
    const std::uint64_t acks = acknowledged(dir_);
    const std::uint64_t commits = held(*store);
    EXPECT_GE(commits, acks);
    EXPECT_LE(commits, acks + 1);
    expect_exactly(*store, commits);
    std::ofstream(dir_ + "/acks", std::ios::app) << std::string(commits - acks, 'x');
  }

  test::TempDir own_;
  std::string dir_;
  bool is_parent_ = false;
};

TEST_F(StoreCrash, KilledAtRandomMomentsItHoldsExactlyTheAcknowledgedCommitsOrOneMore) {
  constexpr int kRounds = 8;
  test::Random random;
  ::setenv("BLOCKWATCH_TEST_SEED", std::to_string(random.seed()).c_str(), 1);
  for (int round = 0; round < kRounds; ++round) {
    const auto delay = std::chrono::microseconds(random.below(150'000));
    const bool may_hit_the_opening = round % 4 == 0;
    EXPECT_EXIT(
        {
          if (may_hit_the_opening) kill_after(delay);
          commit_forever(dir_, may_hit_the_opening ? std::chrono::hours(1) : delay);
        },
        testing::KilledBySignal(SIGKILL), "");
    // The child runs through this loop too, up to its own round; only the parent looks.
    if (is_parent_) expect_acknowledged_or_one_more();
  }
  if (is_parent_) {
    EXPECT_GE(acknowledged(dir_), 30U) << "the kills came before anything was committed";
  }
}

#ifdef BLOCKWATCH_FAILPOINTS
TEST_F(StoreCrash, KilledBetweenTheStepsOfACommitItHoldsTheWholeCommitOrNone) {
  struct Case {
    const char* point;
    std::uint64_t commits;
  };
  std::uint64_t before = 0;
  for (const Case& c : {Case{"before_commit:3", 2}, Case{"commit_built:3", 2}, Case{"after_commit:3", 3}}) {
    SCOPED_TRACE(c.point);
    if (is_parent_) ::setenv("BLOCKWATCH_FAILPOINT", c.point, 1);
    EXPECT_EXIT(commit_forever(dir_), testing::KilledBySignal(SIGKILL), "");
    if (!is_parent_) continue;
    ::unsetenv("BLOCKWATCH_FAILPOINT");
    const auto store = test::open_store(dir_ + "/state");
    EXPECT_EQ(held(*store), before + c.commits);
    expect_exactly(*store, before + c.commits);
    before = held(*store);
  }
}
#endif

}  // namespace
}  // namespace blockwatch
