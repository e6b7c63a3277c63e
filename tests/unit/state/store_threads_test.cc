// Readers and outputs beside the worker that commits.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

constexpr std::uint64_t kCommits = 200;
const RowKey kRow{0, Cube::disclosures, Granularity::day, 5};

void commit_all(Store& store) {
  for (std::uint64_t n = 1; n <= kCommits; ++n) {
    CommitBatch batch;
    batch.progress = {test::progress(0, n)};
    batch.runs[kRow] = test::run_of({{{n % 7, 0}, 1}});
    batch.notifications = {test::notification(1, "opened"), test::notification(1, "10")};
    ASSERT_TRUE(store.commit(batch));
  }
}

TEST(StoreThreads, WaitersGetEveryNotificationOnceAndInOrder) {
  const test::TempDir dir;
  const auto store = test::open_store(dir.state());
  std::vector<std::thread> outputs;
  for (int i = 0; i < 3; ++i)
    outputs.emplace_back([&store, i] {
      const std::string name = "output" + std::to_string(i);
      std::uint64_t at = 0;
      while (at < 2 * kCommits) {
        if (store->wait_for_log(at, std::chrono::seconds(30)) == at) break;
        for (const Notification& n : store->read_log(at, 50)) EXPECT_EQ(n.sequence, ++at);
        EXPECT_TRUE(store->set_cursor(name, at));
      }
      EXPECT_EQ(at, 2 * kCommits);
    });
  commit_all(*store);
  for (std::thread& output : outputs) output.join();
  EXPECT_EQ(store->cursor("output2"), 2 * kCommits);
}

TEST(StoreThreads, ASnapshotBesideCommitsIsAlwaysWhole) {
  const test::TempDir dir;
  const auto store = test::open_store(dir.state());
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<int> looks{0};
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!done) {
        const auto snapshot = store->snapshot();
        std::uint64_t sum = 0;
        snapshot->for_each_cell(Cube::disclosures, Granularity::day, 0, 10,
                                [&](const BucketKey&, const CellCount& c) { sum += c.count; });
        const auto partitions = snapshot->partitions();
        const std::uint64_t committed = partitions.empty() ? 0 : partitions[0].next_offset;
        EXPECT_EQ(sum, committed);
        EXPECT_EQ(snapshot->notifications_of(test::incident_id(1)).size(), 2 * committed);
        ++looks;
      }
    });
  commit_all(*store);
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(looks, 0);
}

}  // namespace
}  // namespace blockwatch
