#include "query/listings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_snapshot.h"
#include "query/gaps.h"

namespace blockwatch {
namespace {

TEST(Completeness, EveryRecordHasOneFate) {
  FakeSnapshot state;
  PartitionProgress& p = state.progress(3);
  p.first_offset = 100;
  p.next_offset = 116;
  p.counted = 9;
  p.duplicate = 1;
  p.rejected = 4;
  p.out_of_scope = 2;
  p.by_reason[static_cast<std::size_t>(RejectReason::not_json)] = 3;
  p.by_reason[static_cast<std::size_t>(RejectReason::bad_value)] = 1;
  p.late = 5;
  EXPECT_EQ(
      completeness_json(state),
      R"({"partitions":[{"topic":"nlets.queries","partition":3,"consumed":16,"counted":9,"duplicate":1,"rejected":4,)"
      R"("out_of_scope":2,"by_reason":{"bad_value":1,"not_json":3},"quality":{"bad_destination_partial":0,)"
      R"("stray_results":0,"unknown_codes":0,"dedup_evicted":0,"late":5},"ranges":[[100,116]],"gaps":[]}]})");
}

TEST(Completeness, PartitionWithoutRecordsHasNoRange) {
  FakeSnapshot state;
  state.progress(0);
  EXPECT_THAT(completeness_json(state), testing::HasSubstr(R"("ranges":[],)"));
}

TEST(Completeness, AGapDividesWhatWasCounted) {
  FakeSnapshot state;
  PartitionProgress& p = state.progress(0);
  p.first_offset = 150;
  p.next_offset = 200;
  Gap gap;
  gap.state = GapState::accepted;
  gap.first_offset = 10;
  gap.position = 100;
  gap.log_start = gap.resumed_at = 150;
  gap.note = "ticket 7";
  Gap cleared = gap;
  cleared.number = 1;
  cleared.state = GapState::cleared;
  state.stored_gaps = {gap, cleared};
  const auto json = nlohmann::json::parse(completeness_json(state));
  EXPECT_EQ(json["partitions"][0]["ranges"].dump(), "[[10,100],[150,200]]");
  ASSERT_EQ(json["partitions"][0]["gaps"].size(), 2U);
  EXPECT_EQ(json["partitions"][0]["gaps"][0]["missing"], 50);
  EXPECT_EQ(json["partitions"][0]["gaps"][0]["note"], "ticket 7");
  EXPECT_EQ(nlohmann::json::parse(gaps_json(state))["gaps"], json["partitions"][0]["gaps"]);
}

IncidentSummary leak(const std::string& day, const std::string& agency, std::uint64_t count) {
  IncidentSummary i;
  i.id = "0123456789abcdef0123456789abcde" + std::to_string(count % 10);
  i.key = {"block_leak", "il-ice", "IL", agency, day};
  i.counters.count = count;
  i.counters.by_outcome[0] = count;
  i.counters.by_class[0] = count;
  i.counters.first = Sighting{at("2025-11-12T10:00:00Z"), "nlets.queries", 0, 12, "VTICE0900"};
  i.counters.last = i.counters.first;
  return i;
}

TEST(Incidents, ShowWhatTheContractLists) {
  FakeSnapshot state;
  state.stored_incidents = {leak("2025-11-12", "ice", 1)};
  state.stored_marks[state.stored_incidents[0].id] = {{"opened", 1, at("2025-11-12T10:00:01Z")}};
  // The id by sha256sum: printf '0123456789abcdef0123456789abcde1\037opened' | sha256sum
  EXPECT_EQ(
      incidents_json(state, {}),
      R"({"as_of":{"positions":{},"event_time_max":null,"policy":"","catalog":""},"incidents":[)"
      R"({"incident":"0123456789abcdef0123456789abcde1","kind":"block_leak","severity":"critical","policy":"il-ice",)"
      R"("jurisdiction":"IL","agency":"ice","day":"2025-11-12","count":1,"by_outcome":{"answered":1},)"
      R"("by_class":{"driver_license":1},"first":{"topic":"nlets.queries","partition":0,"offset":12,)"
      R"("time":"2025-11-12T10:00:00Z","ori":"VTICE0900"},"last":{"topic":"nlets.queries","partition":0,"offset":12,)"
      R"("time":"2025-11-12T10:00:00Z","ori":"VTICE0900"},"notifications":[{"id":"de405d528b73f4a11d5d65bc0b5dd42f2b3bebcc92bed58f962efdffa8f2f97c",)"
      R"("milestone":"opened","time":"2025-11-12T10:00:01Z"}]}]})");
}

TEST(Incidents, OneThatIsAskedForByItsIdSaysWhatBecameOfItsNotifications) {
  FakeSnapshot state;
  state.stored_incidents = {leak("2025-11-12", "ice", 1), leak("2025-11-12", "hsi", 2)};
  state.stored_marks[state.stored_incidents[0].id] = {{"opened", 2, 0}, {"10", 4, 0}, {"closed", 8, 0}};
  state.stored_outputs = {{"pager", 7, 2, {{1, 1, Suppression::stale}, {4, 4, Suppression::stale}}},
                          {"topic", 8, 8, {}}};
  const std::string whole = state.stored_incidents[0].id;
  for (const std::string& id : {whole, whole.substr(0, 32)}) {
    const auto json = nlohmann::ordered_json::parse(incidents_json(state, {.incident = id}));
    ASSERT_EQ(json["incidents"].size(), 1);
    std::string out;
    for (const auto& n : json["incidents"][0]["notifications"]) out += n["outputs"].dump() + "\n";
    EXPECT_EQ(
        out,
        R"([{"output":"pager","result":"delivered"},{"output":"topic","result":"delivered"}])"
        "\n"
        R"([{"output":"pager","result":"suppressed","reason":"stale"},{"output":"topic","result":"delivered"}])"
        "\n"
        R"([{"output":"pager","result":"pending"},{"output":"topic","result":"delivered"}])"
        "\n");
  }
  EXPECT_EQ(incidents_json(state, {}).find("outputs"), std::string::npos)
      << "the list says no more than it must";
  EXPECT_EQ(nlohmann::json::parse(incidents_json(state, {.incident = "0123"}))["incidents"].size(), 2);
}

std::vector<std::string> listed(const FakeSnapshot& state, const IncidentFilter& filter) {
  std::vector<std::string> out;
  const auto json = nlohmann::json::parse(incidents_json(state, filter));
  for (const auto& i : json["incidents"]) {
    out.push_back(i["day"].get<std::string>() + " " + i["agency"].get<std::string>() + " " +
                  i["count"].dump());
  }
  return out;
}

TEST(Incidents, AreSortedByDayThenKindPolicyJurisdictionAgency) {
  FakeSnapshot state;
  state.stored_incidents = {leak("2025-11-13", "ice", 1), leak("2025-11-12", "ice", 2),
                            leak("2025-11-12", "hsi", 3)};
  EXPECT_THAT(listed(state, {}),
              testing::ElementsAre("2025-11-12 hsi 3", "2025-11-12 ice 2", "2025-11-13 ice 1"));
}

TEST(Incidents, EveryPartOfTheKeyFilters) {
  FakeSnapshot state;
  state.stored_incidents = {leak("2025-11-12", "ice", 2), leak("2025-11-13", "ice", 1)};
  EXPECT_THAT(listed(state, {.day = "2025-11-13"}), testing::ElementsAre("2025-11-13 ice 1"));
  EXPECT_EQ(listed(state, {.kind = "block_leak"}).size(), 2);
  for (const IncidentFilter& none :
       {IncidentFilter{.kind = "watch"}, IncidentFilter{.policy = "ny"}, IncidentFilter{.jurisdiction = "NY"},
        IncidentFilter{.agency = "hsi"}, IncidentFilter{.day = "2025-11-14"}}) {
    EXPECT_THAT(listed(state, none), testing::IsEmpty());
  }
}

TEST(Incidents, UsesWithinTheAllowanceAreNoIncident) {
  FakeSnapshot state;
  state.stored_incidents = {leak("2025-11-12", "ice", 5), leak("2025-11-12", "hsi", 7)};
  for (auto& i : state.stored_incidents) i.allowance = 5;
  EXPECT_THAT(listed(state, {}), testing::ElementsAre("2025-11-12 hsi 2"));
}

}  // namespace
}  // namespace blockwatch
