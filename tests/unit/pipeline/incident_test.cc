#include "pipeline/alert/incident.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pipeline/alert/cloud_event.h"

namespace blockwatch {
namespace {

using Texts = std::vector<std::string>;

TEST(IncidentId, IsTheFirstHalfOfSha256OverTheFivePartsJoinedByUnitSeparators) {
  // printf 'block_leak\x1fil-ice\x1fIL\x1fice\x1f2025-11-12' | sha256sum
  EXPECT_EQ(incident_id({"block_leak", "il-ice", "IL", "ice", "2025-11-12"}),
            "7d88ae9216fad56a424dbb120702b17c");
}

TEST(IncidentId, KeepsEmptyPartsEmpty) {
  EXPECT_NE(incident_id({"unknown_ori", "", "", "unknown", "2025-11-12"}),
            incident_id({"unknown_ori", "", "unknown", "", "2025-11-12"}));
}

TEST(NotificationId, DiffersByMilestoneAndIsStable) {
  const std::string incident = "7d88ae9216fad56a424dbb120702b17c";
  // printf '7d88ae9216fad56a424dbb120702b17c\x1fopened' | sha256sum
  EXPECT_EQ(notification_id(incident, "opened"),
            "fdee2256cb8272c3d3348a6901e2abfcbaaf546fb24065ab8976eb59575e7e29");
  EXPECT_NE(notification_id(incident, "opened"), notification_id(incident, "10"));
}

TEST(Milestones, OpenWithTheFirstObservation) {
  EXPECT_EQ(milestones_reached(0, 1), Texts{"opened"});
}

TEST(Milestones, SeveralAreReachedAtOnceByALargeCommit) {
  EXPECT_EQ(milestones_reached(0, 1000), (Texts{"opened", "10", "100", "1000"}));
}

TEST(Milestones, NoneIsReachedTwice) {
  EXPECT_EQ(milestones_reached(9, 10), Texts{"10"});
  EXPECT_EQ(milestones_reached(10, 99), Texts{});
  EXPECT_EQ(milestones_reached(99, 100), Texts{"100"});
}

TEST(Milestones, NothingCountedReachesNothing) {
  EXPECT_EQ(milestones_reached(0, 0), Texts{});
}

TEST(Milestones, EndAtTheGreatestCount) {
  EXPECT_EQ(milestones_reached(0, UINT64_MAX).size(), 20U);
}

TEST(Severity, IsEmptyForAKindFromALaterVersion) {
  EXPECT_EQ(severity_of("block_leak"), "critical");
  EXPECT_EQ(severity_of("displacement"), "");
}

TEST(CloudEvent, SaysWhatTheContractListsAndNothingElse) {
  const IncidentKey key{"block_leak", "il-ice", "IL", "ice", "2025-11-12"};
  IncidentCounters counters;
  counters.count = 3;
  counters.by_outcome[0] = 3;
  counters.by_class[0] = 2;
  counters.by_class[2] = 1;
  counters.first = Sighting{1'762'978'007'410'000'000, "nlets.queries", 0, 12, "VTICE0900"};
  counters.last = counters.first;
  const std::string id = incident_id(key);
  const std::string notification = notification_id(id, "opened");
  const auto event = nlohmann::json::parse(cloud_event(
      {"a1b2", notification, id, &key, "order 1", &counters, 3, "opened", 1'762'978'008'000'000'000}));
  const auto expected = nlohmann::json::parse(R"({"specversion":"1.0","source":"blockwatch/a1b2",
    "type":"org.blockwatch.incident.opened","subject":"block_leak/il-ice/IL/ice","time":"2025-11-12T20:06:48Z",
    "datacontenttype":"application/json","data":{"kind":"block_leak","severity":"critical",
    "policy":"il-ice","authority":"order 1","jurisdiction":"IL","agency":"ice","day":"2025-11-12","count":3,
    "by_outcome":{"answered":3},"by_class":{"driver_license":2,"registration":1},
    "first":{"topic":"nlets.queries","partition":0,"offset":12,"time":"2025-11-12T20:06:47.41Z","ori":"VTICE0900"},
    "last":{"topic":"nlets.queries","partition":0,"offset":12,"time":"2025-11-12T20:06:47.41Z","ori":"VTICE0900"},
    "milestone":"opened"}})");
  auto got = event;
  EXPECT_EQ(got["id"], notification);
  EXPECT_EQ(got["data"]["incident"], id);
  EXPECT_EQ(got["data"]["summary"],
            "ice got data of IL although policy il-ice blocks it (3 times on 2025-11-12)");
  got.erase("id");
  got["data"].erase("incident");
  got["data"].erase("summary");
  EXPECT_EQ(got, expected) << got.dump(1);
}

TEST(CloudEvent, TypeFollowsTheMilestone) {
  const IncidentKey key{"watch", "w", "IL", "cbp", "2025-11-12"};
  const IncidentCounters counters;
  const auto type = [&](std::string_view milestone) {
    return nlohmann::json::parse(cloud_event({"i", "n", "x", &key, "", &counters, 10, milestone, 0}))["type"];
  };
  EXPECT_EQ(type("10"), "org.blockwatch.incident.growth");
  EXPECT_EQ(type("closed"), "org.blockwatch.incident.closed");
}

}  // namespace
}  // namespace blockwatch
