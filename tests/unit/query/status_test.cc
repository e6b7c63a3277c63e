// What `status` says of a state, alone and with a daemon.
#include "query/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "state/space.h"
#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

const TimeNs kNow = parse_rfc3339("2025-11-12T14:00:00Z").value();

class Status : public testing::Test {
 public:
  Status() : store(Store::open(dir.state(), Store::Access::write).value()) {
    input.now = kNow;
    input.disk_free_bytes = std::uint64_t{1} << 40U;
  }

  PartitionProgress& partition() {
    PartitionProgress& p = batch.progress.emplace_back();
    p.topic = "nlets.queries";
    p.next_offset = p.counted = 1000;
    p.clock = kNow - 5 * kSecond;
    return p;
  }
  /// An open incident of this day with `count` on one of its partitions.
  void incident(const std::string& kind, const std::string& day, std::uint64_t count,
                std::uint64_t allowance = 0, std::uint32_t on = 0) {
    IncidentPart part;
    part.id = std::string(31, 'a') + static_cast<char>('0' + serial);
    part.partition = on;
    part.key = {kind, "il-ice", "IL", "ice", day};
    part.allowance = allowance;
    part.counters.count = count;
    batch.incidents.push_back(part);
  }
  LiveStatus& live() {
    input.live = LiveStatus{};
    input.live->phase = "running";
    input.live->started_at = kNow - 100 * kSecond;
    input.live->last_poll = kNow;
    input.live->last_commit = kNow - 3 * kSecond;
    input.live->records = 1234;
    input.live->lag_of = [this](const PartitionProgress&) { return lag; };
    return *input.live;
  }
  Json said() {
    EXPECT_TRUE(store->commit(batch).has_value());
    batch = {};
    return Json::parse(status_json(*store, input));
  }

  test::TempDir dir;
  std::unique_ptr<Store> store;
  CommitBatch batch;
  StatusInput input;
  std::optional<std::uint64_t> lag = 0;
  int serial = 0;
};

TEST_F(Status, OfAStateAtRestKnowsNoDaemon) {
  partition().ended = true;
  const Json status = said();
  EXPECT_EQ(status["state"], nullptr);
  EXPECT_EQ(status["uptime_seconds"], nullptr);
  EXPECT_EQ(status["last_commit"], nullptr);
  EXPECT_EQ(status["instance"], store->identity().instance);
  EXPECT_EQ(status["partitions"][0]["position"], 1000);
  EXPECT_EQ(status["partitions"][0]["lag"], nullptr);
  EXPECT_EQ(status["partitions"][0]["at_end"], true);
  EXPECT_EQ(status["partitions"][0]["clock"], "2025-11-12T13:59:55Z");
  EXPECT_EQ(status["partitions"][0]["clock_age_seconds"], 5);
  EXPECT_THAT(status["attention"], IsEmpty());
}

TEST_F(Status, OfARunningDaemonSaysHowItRuns) {
  partition();
  live().outputs = {"alerts"};
  const Json status = said();
  EXPECT_EQ(status["state"], "running");
  EXPECT_EQ(status["uptime_seconds"], 100);
  EXPECT_EQ(status["records_per_second"], 12.3);
  EXPECT_EQ(status["last_commit_age_seconds"], 3);
  EXPECT_EQ(status["partitions"][0]["lag"], 0);
  EXPECT_EQ(status["partitions"][0]["at_end"], true);
  EXPECT_EQ(status["outputs"][0]["name"], "alerts");
  EXPECT_EQ(status["outputs"][0]["pending"], 0);
  EXPECT_THAT(status["attention"], IsEmpty());
}

TEST_F(Status, VersionsInForceSaySinceWhen) {
  CommitBatch loaded;
  loaded.new_versions = {{VersionKind::policy, {kNoTime, "old"}, {""}},
                         {VersionKind::policy, {kNow, "new"}, {""}},
                         {VersionKind::catalog, {kNoTime, "first"}, {"", ""}}};
  ASSERT_TRUE(store->commit(loaded).has_value());
  const Json status = said();
  EXPECT_EQ(status["versions"]["policy"], (Json{{"digest", "new"}, {"since", "2025-11-12T14:00:00Z"}}));
  EXPECT_EQ(status["versions"]["catalog"], (Json{{"digest", "first"}, {"since", nullptr}}));
  EXPECT_EQ(status["policy"], "new");
  EXPECT_EQ(status["catalog"], "first");
}

TEST_F(Status, OpenIncidentsAreCountedOnceWhateverTheirPartitions) {
  partition();
  for (const std::uint32_t on : {0U, 1U}) incident("block_leak", "2025-11-12", 3, 0, on);
  ++serial;
  incident("watch", "2025-11-11", 1);
  ++serial;
  incident("exception_exceeded", "2025-11-12", 5, 5);  // within the allowance
  const Json status = said();
  EXPECT_EQ(status["incidents"]["open"], (Json{{"critical", 1}, {"warning", 0}, {"info", 1}}));
  EXPECT_EQ(status["incidents"]["open_of_day"], (Json{{"critical", 1}, {"warning", 0}, {"info", 0}}));
  EXPECT_THAT(status["attention"], ElementsAre("1 critical incident is open: blockwatch alerts list"));
}

TEST_F(Status, AClosedIncidentIsNotOpen) {
  partition();
  incident("block_leak", "2025-11-12", 3);
  batch.incidents_closed = {batch.incidents[0].id};
  EXPECT_EQ(said()["incidents"]["open"]["critical"], 0);
}

TEST_F(Status, WhatStandsStillComesBeforeWhatIsBehind) {
  PartitionProgress& p = partition();
  p.rejected = 11;
  p.dedup_evicted = 1;
  lag = 10'000;
  live().last_poll = kNow - 21 * kSecond;
  input.disk_free_bytes = kFreeBytesMin - 1;
  input.state_dir = "/state";
  EXPECT_THAT(
      said()["attention"],
      ElementsAre("disk full, the next commit waits: 191 of 192 MiB free, in /state",
                  "the data path has not come back for 21 s", "catching up: 10000 records not read yet",
                  "11 records of 1011 rejected: blockwatch rejects",
                  "1 id fell out of the memory of duplicates early: duplicates may have been counted"));
}

TEST_F(Status, AWaitForSpaceSaysHowMuchIsNeededAndWhere) {
  partition();
  input.state_dir = "/state";
  LiveStatus& daemon = live();
  daemon.waits_for_space = SpaceWait{100ULL << 20U, kFreeBytesMin + (2ULL << 20U)};
  daemon.last_poll = kNow - kMinute;  // which the wait explains
  Json status = said();
  EXPECT_THAT(status["attention"], ElementsAre("disk full, counting waits: 100 of 194 MiB free, in /state"));
  EXPECT_EQ(status["waiting_for_space"], true);
  daemon.waits_for_space.reset();
  daemon.last_poll = kNow;
  input.disk_free_bytes = kFreeBytesMin + (1ULL << 20U);
  status = Json::parse(status_json(*store, input));
  EXPECT_THAT(status["attention"],
              ElementsAre("disk almost full: 193 MiB free, counting waits below 192, in /state"));
  EXPECT_EQ(status["waiting_for_space"], false);
}

TEST_F(Status, TheUpsAndDownsOfAMomentNeedNoAttention) {
  PartitionProgress& p = partition();
  p.rejected = 10;
  lag = 9'999;
  live().last_poll = kNow - 20 * kSecond;
  input.disk_free_bytes = 4 * kFreeBytesMin;
  EXPECT_THAT(said()["attention"], IsEmpty());
  EXPECT_EQ(Json::parse(status_json(*store, input))["partitions"][0]["at_end"], false);
}

TEST_F(Status, AnOutputThatIsBehindAndAStartNeedAttention) {
  partition();
  LiveStatus& daemon = live();
  daemon.phase = "starting";
  daemon.outputs = {"alerts"};
  for (int n = 0; n < 100; ++n) {
    Notification& made = batch.notifications.emplace_back();
    made.id = std::string(64, 'b');
    made.incident = std::string(32, 'a');
    made.milestone = "opened";
  }
  const Json status = said();
  EXPECT_THAT(status["attention"],
              ElementsAre("waiting for the source", "output alerts: 100 notifications not delivered yet"));
  EXPECT_EQ(status["outputs"][0]["pending"], 100);
  ASSERT_TRUE(store->set_cursor("alerts", 1).has_value());
  EXPECT_EQ(Json::parse(status_json(*store, input))["attention"].size(), 1U);
}

TEST_F(Status, APartitionThatIsHaltedOrSilentIsSaid) {
  partition();
  Gap gap;
  gap.kind = GapKind::truncated;
  gap.position = 1000;
  batch.gaps = {gap};
  live().silent_for = [](const PartitionProgress&) { return std::chrono::seconds(45); };
  EXPECT_THAT(said()["attention"],
              ElementsAre("nlets.queries/0 is halted at offset 1000 (truncated): blockwatch gaps list",
                          "nlets.queries/0: nothing has come for 45 s, although its log goes on (an open "
                          "transaction, or a stalled client: see the log)"));
  gap.state = GapState::accepted;
  batch.gaps = {gap};
  input.live->silent_for = [](const PartitionProgress&) { return std::chrono::seconds(0); };
  EXPECT_THAT(said()["attention"], IsEmpty());
}

}  // namespace
}  // namespace blockwatch
