// What a commit stores and readers get back, apart from counters (store_counters_test.cc).
#include "state/store.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

using test::incident_id;
using test::incident_part;
using test::notification;
using test::progress;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreTest : public test::OpenStore {
 protected:
  void commit(CommitBatch batch) {
    const auto ok = store_->commit(batch);
    ASSERT_TRUE(ok) << ok.error().message;
  }
  std::vector<TimeNs> seen_clocks(std::uint32_t partition) {
    std::vector<TimeNs> out;
    EXPECT_TRUE(store_->for_each_seen(partition, [&](const SeenId& id) { out.push_back(id.clock); }));
    return out;
  }
};

TEST_F(StoreTest, ANewStoreIsEmpty) {
  const auto snapshot = store_->snapshot();
  EXPECT_THAT(snapshot->partitions(), IsEmpty());
  EXPECT_THAT(snapshot->incidents("", ""), IsEmpty());
  EXPECT_THAT(snapshot->names(Dictionary::agency), IsEmpty());
  EXPECT_THAT(snapshot->versions(VersionKind::policy), IsEmpty());
  EXPECT_FALSE(snapshot->as_of());
  EXPECT_FALSE(snapshot->incident(incident_id(1)));
  EXPECT_EQ(store_->log_end(), 0U);
  EXPECT_EQ(store_->cursor("alerts"), 0U);
  EXPECT_THAT(store_->read_log(0, 10), IsEmpty());
}

TEST_F(StoreTest, ProgressIsAbsoluteAndListedByPartition) {
  CommitBatch batch;
  batch.progress = {progress(300, 5), progress(2, 7), progress(1, 9)};
  commit(batch);
  batch.progress = {progress(2, 8)};
  commit(batch);
  reopen();
  const auto partitions = store_->snapshot()->partitions();
  ASSERT_EQ(partitions.size(), 3U);
  EXPECT_EQ(partitions[0].partition, 1U);
  EXPECT_EQ(partitions[1].partition, 2U);
  EXPECT_EQ(partitions[1].next_offset, 8U);
  EXPECT_EQ(partitions[2].partition, 300U);
  EXPECT_EQ(partitions[2].topic, "nlets.queries");
}

TEST_F(StoreTest, NamesGetConsecutiveIdsAcrossCommitsAndRestarts) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.new_names = {{Dictionary::agency, {"ice", "hsi"}}, {Dictionary::ori, {"VTICE0900"}}};
  commit(batch);
  batch.new_names = {{Dictionary::agency, {"cbp"}}};
  commit(batch);
  reopen();
  batch.new_names = {{Dictionary::agency, {""}}, {Dictionary::policy_digest, {"d"}}};
  commit(batch);
  const auto snapshot = store_->snapshot();
  EXPECT_THAT(snapshot->names(Dictionary::agency), ElementsAre("ice", "hsi", "cbp", ""));
  EXPECT_THAT(snapshot->names(Dictionary::ori), ElementsAre("VTICE0900"));
  EXPECT_THAT(snapshot->names(Dictionary::channel), IsEmpty());
  EXPECT_THAT(snapshot->names(Dictionary::policy_digest), ElementsAre("d"));
}

TEST_F(StoreTest, VersionsComeBackInTheOrderOfActivation) {
  CommitBatch first;
  first.new_versions = {{VersionKind::policy, {kNoTime, "aa"}, {"text a"}},
                        {VersionKind::catalog, {kNoTime, "cc"}, {"agencies", "oris"}}};
  ASSERT_TRUE(store_->commit(first));
  reopen();
  CommitBatch second;
  second.new_versions = {{VersionKind::policy, {7 * kMinute, "bb"}, {"text b"}}};
  ASSERT_TRUE(store_->commit(second));
  const auto snapshot = store_->snapshot();
  const auto policies = snapshot->versions(VersionKind::policy);
  ASSERT_EQ(policies.size(), 2U);
  EXPECT_EQ(policies[0].digest, "aa");
  EXPECT_EQ(policies[0].activated_at, kNoTime);
  EXPECT_EQ(policies[1].activated_at, 7 * kMinute);
  EXPECT_THAT(snapshot->version_files(VersionKind::policy, 0), ElementsAre("text a"));
  EXPECT_THAT(snapshot->version_files(VersionKind::policy, 1), ElementsAre("text b"));
  EXPECT_THAT(snapshot->version_files(VersionKind::catalog, 0), ElementsAre("agencies", "oris"));
}

TEST_F(StoreTest, AMovedIncidentIsGoneAndWhatItNotifiedIsNot) {
  CommitBatch counted;
  counted.incidents = {test::incident_part(1, 0, 3), test::incident_part(1, 1, 4)};
  counted.notifications = {test::notification(1, "opened")};
  ASSERT_TRUE(store_->commit(counted));
  CommitBatch moved;
  moved.incidents_moved = {test::incident_id(1)};
  moved.incidents = {test::incident_part(2, 0, 7)};
  ASSERT_TRUE(store_->commit(moved));
  reopen();
  const auto snapshot = store_->snapshot();
  EXPECT_FALSE(snapshot->incident(test::incident_id(1)));
  ASSERT_EQ(snapshot->incidents("", "").size(), 1U);
  EXPECT_EQ(snapshot->incidents("", "")[0].counters.count, 7U);
  EXPECT_EQ(store_->open_incident_parts().size(), 1U);
  EXPECT_EQ(snapshot->notifications_of(test::incident_id(1)).size(), 1U);
}

TEST_F(StoreTest, TheReferenceTimeIsKept) {
  ASSERT_TRUE(store_->set_as_of(-5));
  reopen();
  EXPECT_EQ(store_->snapshot()->as_of(), -5);
}

TEST_F(StoreTest, EvidenceAndRejectsComeBackByPosition) {
  CommitBatch batch;
  batch.progress = {progress(0, 9)};
  for (const std::uint64_t offset : {3U, 5U, 8U}) {
    Evidence e;
    e.offset = offset;
    e.jurisdiction = 4;
    e.policy = 2;
    e.ori = *Ori::from("VTICE0900");
    e.exception = "case 24-117";
    batch.evidence.push_back(e);
    RejectRecord r;
    r.partition = 1;
    r.offset = offset;
    r.reason = RejectReason::bad_time;
    r.length = 300;
    r.hash[31] = 0xAB;
    batch.rejects.push_back(r);
  }
  commit(batch);
  const auto snapshot = store_->snapshot();
  std::vector<std::uint64_t> offsets;
  snapshot->for_each_evidence([&](const Evidence& e) {
    offsets.push_back(e.offset);
    EXPECT_EQ(e.ori.view(), "VTICE0900");
    EXPECT_EQ(e.jurisdiction, 4);
    EXPECT_EQ(e.policy, 2U);
    EXPECT_EQ(e.exception, "case 24-117");
  });
  EXPECT_THAT(offsets, ElementsAre(3, 5, 8));
  offsets.clear();
  snapshot->for_each_reject({}, [&](const RejectRecord& r) {
    offsets.push_back(r.offset);
    EXPECT_EQ(r.partition, 1U);
    EXPECT_EQ(r.reason, RejectReason::bad_time);
    EXPECT_EQ(r.hash[31], 0xAB);
    return true;
  });
  EXPECT_THAT(offsets, ElementsAre(3, 5, 8));
  offsets.clear();
  snapshot->for_each_reject({1, 0, 4}, [&](const RejectRecord& r) {
    offsets.push_back(r.offset);
    return false;
  });
  EXPECT_THAT(offsets, ElementsAre(5));
}

TEST_F(StoreTest, EvidenceOfAStormComesBackWholeAndInOrder) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> expected;
  CommitBatch batch;
  batch.progress = {progress(0, 9), progress(1, 9)};
  // Of one record more than a chunk takes, as a message to every state under many policies has.
  for (const std::uint64_t offset : {1U, 2U, 3U})
    for (int i = 0; i < (offset == 2 ? 9'000 : 3'000); ++i)
      for (const std::uint32_t partition : {0U, 1U}) {
        Evidence& e = batch.evidence.emplace_back();
        e.partition = partition;
        e.offset = offset;
        e.ori = *Ori::from("VTICE0900");
        e.policy = static_cast<DictionaryId>(i);
        expected.emplace_back(partition, offset);
      }
  commit(batch);
  std::sort(expected.begin(), expected.end());
  std::vector<std::pair<std::uint32_t, std::uint64_t>> got;
  std::uint64_t policies = 0;
  store_->snapshot()->for_each_evidence([&](const Evidence& e) {
    got.emplace_back(e.partition, e.offset);
    policies += e.policy;
  });
  EXPECT_EQ(got, expected);
  EXPECT_EQ(policies, 2U * (8'999U * 9'000U / 2 + 2 * (2'999U * 3'000U / 2)));
}

TEST_F(StoreTest, SeenIdsComeBackInTheOrderOfCounting) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.seen[0] = {{1, 10}, {2, 20}};
  batch.seen[1] = {{9, 5}};
  commit(batch);
  batch.seen = {{0, {{3, 20}}}};
  reopen();
  commit(batch);
  EXPECT_THAT(seen_clocks(0), ElementsAre(10, 20, 20));
  EXPECT_THAT(seen_clocks(1), ElementsAre(5));
  EXPECT_THAT(seen_clocks(2), IsEmpty());
}

TEST_F(StoreTest, WholeChunksOfSeenIdsExpireButNoneThatMayStillMatter) {
  for (int hour = 0; hour < 48; ++hour) {
    CommitBatch batch;
    batch.progress = {progress(0, 1)};
    batch.seen[0] = {{1, hour * kHour - 1}, {2, hour * kHour}};
    commit(batch);
    if (hour == 30) reopen();
  }
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.seen_expired_before[0] = 24 * kHour;
  commit(batch);
  EXPECT_EQ(seen_clocks(0).front(), 24 * kHour - 1) << "its chunk ends at 24 h, which is not before 24 h";
  EXPECT_EQ(seen_clocks(0).size(), 48U);
  reopen();
  EXPECT_EQ(seen_clocks(0).size(), 48U);
  batch.seen_expired_before[0] = kTimeMax;
  batch.seen[0] = {{7, 100 * kHour}};
  commit(batch);
  EXPECT_THAT(seen_clocks(0), ElementsAre(100 * kHour)) << "all old ones are gone, the new one is not";
}

TEST_F(StoreTest, IncidentsSumOverPartitions) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.incidents = {incident_part(1, 0, 3), incident_part(1, 2, 4), incident_part(2, 1, 1)};
  commit(batch);
  batch.incidents = {incident_part(1, 0, 5)};  // absolute
  commit(batch);
  const auto summary = store_->snapshot()->incident(incident_id(1));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->counters.count, 9U);
  EXPECT_EQ(summary->counters.by_outcome[0], 9U);
  EXPECT_EQ(summary->counters.first->partition, 2U);
  EXPECT_EQ(summary->counters.last->partition, 2U);
  EXPECT_EQ(summary->key, incident_part(1, 0, 0).key);
  EXPECT_EQ(summary->closes_at, kDay);
  EXPECT_FALSE(summary->closed);
  EXPECT_EQ(store_->incident_parts(incident_id(1), "2025-11-12").size(), 2U);
  EXPECT_THAT(store_->incident_parts(incident_id(1), "2025-11-13"), IsEmpty());
}

TEST_F(StoreTest, IncidentsAreListedByDayAndIdWithinInclusiveDays) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.incidents = {incident_part(3, 0, 1, "2025-11-13"), incident_part(2, 0, 1, "2025-11-12"),
                     incident_part(1, 0, 1, "2025-11-12"), incident_part(0, 0, 1, "2025-11-14")};
  commit(batch);
  const auto ids = [&](std::string_view from, std::string_view to) {
    std::vector<std::string> out;
    for (const IncidentSummary& i : store_->snapshot()->incidents(from, to)) out.push_back(i.id);
    return out;
  };
  EXPECT_THAT(ids("", ""), ElementsAre(incident_id(1), incident_id(2), incident_id(3), incident_id(0)));
  EXPECT_THAT(ids("2025-11-13", "2025-11-13"), ElementsAre(incident_id(3)));
  EXPECT_THAT(ids("2025-11-13", ""), ElementsAre(incident_id(3), incident_id(0)));
  EXPECT_THAT(ids("", "2025-11-12"), ElementsAre(incident_id(1), incident_id(2)));
}

TEST_F(StoreTest, AClosedIncidentStaysClosedAndStillCounts) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.incidents = {incident_part(1, 0, 3), incident_part(2, 0, 1)};
  commit(batch);
  EXPECT_EQ(store_->open_incident_parts().size(), 2U);
  batch.incidents = {};
  batch.incidents_closed = {incident_id(1)};
  commit(batch);
  EXPECT_TRUE(store_->incident_closed(incident_id(1), "2025-11-12"));
  EXPECT_FALSE(store_->incident_closed(incident_id(2), "2025-11-12"));
  batch.incidents_closed = {};
  batch.incidents = {incident_part(1, 0, 8)};
  reopen();
  commit(batch);
  const auto summary = store_->snapshot()->incident(incident_id(1));
  EXPECT_TRUE(summary->closed);
  EXPECT_EQ(summary->counters.count, 8U);
  EXPECT_TRUE(store_->snapshot()->incidents("", "").at(0).closed);
  const auto open = store_->open_incident_parts();
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].id, incident_id(2));
  EXPECT_EQ(open[0].key.day, "2025-11-12");
}

TEST_F(StoreTest, AnIncidentOpenedAndClosedInOneCommitIsClosed) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.incidents = {incident_part(1, 0, 3)};
  batch.incidents_closed = {incident_id(1)};
  commit(batch);
  EXPECT_TRUE(store_->snapshot()->incident(incident_id(1))->closed);
  EXPECT_THAT(store_->open_incident_parts(), IsEmpty());
}

TEST_F(StoreTest, TheLogNumbersNotificationsFromOneWithoutHolesAcrossRestarts) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.notifications = {notification(1, "opened"), notification(1, "10")};
  ASSERT_TRUE(store_->commit(batch));
  EXPECT_EQ(batch.notifications[1].sequence, 2U) << "the caller learns the numbers";
  CommitBatch none;
  none.progress = {progress(0, 2)};
  commit(none);
  reopen();
  EXPECT_EQ(store_->log_end(), 2U);
  batch.notifications = {notification(2, "opened"), notification(1, "closed")};
  commit(batch);
  std::vector<std::uint64_t> sequences;
  for (const Notification& n : store_->read_log(0, 100)) sequences.push_back(n.sequence);
  EXPECT_THAT(sequences, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(store_->read_log(2, 1).at(0).milestone, "opened");
  EXPECT_THAT(store_->read_log(4, 5), IsEmpty());
  EXPECT_THAT(store_->read_log(UINT64_MAX, 5), IsEmpty());
  const auto n = store_->notification(4);
  ASSERT_TRUE(n);
  EXPECT_EQ(n->milestone, "closed");
  EXPECT_EQ(n->incident, incident_id(1));
  EXPECT_EQ(n->body, "{\"milestone\":\"closed\"}");
  EXPECT_EQ(n->time, 77);
  EXPECT_EQ(n->newest_broker_time, 76);
  EXPECT_EQ(n->newest_event_time, 75);
  EXPECT_FALSE(store_->notification(0));
  EXPECT_FALSE(store_->notification(5));
}

TEST_F(StoreTest, AnIncidentsNotificationsAreListedInOrder) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.notifications = {notification(1, "opened"), notification(2, "opened"), notification(1, "10")};
  commit(batch);
  const auto marks = store_->snapshot()->notifications_of(incident_id(1));
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0].milestone, "opened");
  EXPECT_EQ(marks[1].milestone, "10");
  EXPECT_EQ(marks[1].sequence, 3U);
  EXPECT_EQ(marks[1].time, 77);
  EXPECT_THAT(store_->snapshot()->notifications_of("no such id"), IsEmpty());
}

TEST_F(StoreTest, CursorsAreKeptPerOutput) {
  ASSERT_TRUE(store_->set_cursor("alerts", 5));
  ASSERT_TRUE(store_->set_cursor("alerts", 6));
  ASSERT_TRUE(store_->set_cursor("log", 1));
  reopen();
  EXPECT_EQ(store_->cursor("alerts"), 6U);
  EXPECT_EQ(store_->cursor("log"), 1U);
  EXPECT_EQ(store_->cursor("alert"), 0U);
}

TEST_F(StoreTest, WaitingForTheLogTimesOutWithTheNewestSequence) {
  EXPECT_EQ(store_->wait_for_log(0, std::chrono::milliseconds(1)), 0U);
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.notifications = {notification(1, "opened")};
  commit(batch);
  EXPECT_EQ(store_->wait_for_log(0, std::chrono::hours(1)), 1U);
}

TEST_F(StoreTest, ASnapshotSeesOneMoment) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.new_names = {{Dictionary::agency, {"ice"}}};
  commit(batch);
  const auto before = store_->snapshot();
  batch.progress = {progress(0, 2), progress(1, 1)};
  batch.incidents = {incident_part(1, 0, 1)};
  commit(batch);
  EXPECT_EQ(before->partitions().size(), 1U);
  EXPECT_EQ(before->partitions().at(0).next_offset, 1U);
  EXPECT_EQ(before->names(Dictionary::agency).size(), 1U);
  EXPECT_FALSE(before->incident(incident_id(1)));
  EXPECT_EQ(store_->snapshot()->partitions().size(), 2U);
}

TEST_F(StoreTest, AnAgencyBeyondTheCellsBitsIsRefusedInsteadOfMisnamed) {
  CommitBatch batch;
  batch.progress = {progress(0, 1)};
  batch.new_names = {{Dictionary::agency, std::vector<std::string>(std::size_t{1} << 20U, "a")}};
  commit(batch);
  batch.new_names = {{Dictionary::agency, {"one too many"}}};
  const auto refused = store_->commit(batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ExitCode::state_damaged);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("1048576 names"));
  EXPECT_FALSE(store_->commit(batch)) << "a failure is final";
}

TEST_F(StoreTest, AReaderSeesEverythingThatWasCommitted) {
  CommitBatch batch;
  batch.progress = {progress(0, 3)};
  batch.notifications = {notification(1, "opened")};
  commit(batch);
  reopen(Store::Access::read);
  EXPECT_EQ(store_->snapshot()->partitions().at(0).next_offset, 3U);
  EXPECT_EQ(store_->log_end(), 1U);
  EXPECT_EQ(store_->identity().instance.size(), 16U);
}

}  // namespace
}  // namespace blockwatch
