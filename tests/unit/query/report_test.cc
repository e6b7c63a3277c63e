#include "query/report_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_snapshot.h"

namespace blockwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* kAgencies = R"(
[[agency]]
id = "dhs"
[[agency]]
id = "ice"
parent = "dhs"
aliases = ["immigration"]
[[agency]]
id = "ero"
parent = "ice"
[[agency]]
id = "hsi"
parent = "ice"
[[agency]]
id = "hsi_ny"
parent = "hsi"
[[agency]]
id = "local_il"
)";

// The rows as text: values and the figures that are not zero.
std::vector<std::string> rows_of(const Report& report) {
  std::vector<std::string> out;
  for (const auto& row : report.rows) {
    std::string text;
    for (std::size_t i = 0; i < report.by.size(); ++i) text += (i == 0 ? "" : "/") + report.label(row, i);
    for (std::size_t i = 0; i < report.figure_names.size(); ++i) {
      const std::uint64_t figure = report.figures_of(row)[i];
      if (figure != 0) text += " " + report.figure_names[i] + "=" + std::to_string(figure);
    }
    out.push_back(text);
  }
  return out;
}

ReportRequest day(const char* from, const char* to, std::vector<std::string> by = {}) {
  ReportRequest r;
  r.from = from;
  r.to = to;
  r.by = std::move(by);
  return r;
}

Report made(const Snapshot& snapshot, const ReportRequest& request) {
  auto report = make_report(snapshot, request, 48 * kHour);
  if (!report) {
    ADD_FAILURE() << report.error().message;
    return {};
  }
  return *report;
}

std::string refused(const Snapshot& snapshot, const ReportRequest& request) {
  const auto report = make_report(snapshot, request, 48 * kHour);
  if (report) return "not refused";
  EXPECT_EQ(report.error().code, ExitCode::usage);
  return report.error().message;
}

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    state_.catalog(kAgencies);
    state_.policy("policy-digest");
    state_.observe("2025-11-12T10:05:10Z", {.outcome = Outcome::answered, .count = 3});
    state_.observe("2025-11-12T10:06:00Z", {.photo = true, .count = 2}, 1);
    state_.observe(
        "2025-11-12T23:30:00Z",
        {.agency = "hsi", .jurisdiction = "NY", .outcome = Outcome::error, .verdict = Verdict::gap});
    state_.observe("2025-11-13T05:30:00Z", {.agency = "hsi_ny",
                                            .jurisdiction = "NY",
                                            .cls = Class::registration,
                                            .channel = "cpic",
                                            .outcome = Outcome::no_record,
                                            .verdict = Verdict::none,
                                            .ori = "NYHSI0100"});
    state_.observe(
        "2025-11-13T06:00:00Z",
        {.agency = "local_il", .outcome = Outcome::unknown, .verdict = Verdict::watched, .ori = "*"}, 1);
    state_.observe("2025-11-13T06:00:00Z",
                   {.agency = "ero", .jurisdiction = "AK", .verdict = Verdict::excepted});
    state_.observe("2025-11-13T06:00:00Z",
                   {.agency = "ero", .jurisdiction = "AK", .verdict = Verdict::shadow});
    state_.end_all();
  }
  FakeSnapshot state_;
};

TEST_F(ReportTest, DefaultsToAgencyAndJurisdictionInBytewiseOrder) {
  const Report r = made(state_, day("2025-11-12", "2025-11-14"));
  EXPECT_THAT(r.by, ElementsAre("agency", "jurisdiction"));
  EXPECT_THAT(rows_of(r), ElementsAre("ero/AK requests=2 rejected=2 excepted=1 shadow=1",
                                      "hsi/NY requests=1 error=1 gap=1", "hsi_ny/NY requests=1 no_record=1",
                                      "ice/IL requests=5 answered=3 rejected=2 blocked=5 leaks=3 photo=2",
                                      "local_il/IL requests=1 unknown=1 watched=1"));
  EXPECT_THAT(r.totals, ElementsAre(10, 3, 1, 4, 1, 1, 5, 3, 1, 1, 1, 1, 2));
  EXPECT_TRUE(r.complete);
  EXPECT_TRUE(r.final);
}

TEST_F(ReportTest, EveryDimensionStandsInTheOrderAsked) {
  const Report r =
      made(state_, day("2025-11-13T05:00:00Z", "2025-11-13T06:00:00Z",
                       {"month", "verdict", "outcome", "channel", "class", "jurisdiction", "day", "agency"}));
  EXPECT_THAT(
      rows_of(r),
      ElementsAre("2025-11/none/no_record/cpic/registration/NY/2025-11-13/hsi_ny requests=1 no_record=1"));
}

TEST_F(ReportTest, DaysOfAMonthDoNotOrderItsRowsBeforeWhatWasAskedNext) {
  EXPECT_THAT(rows_of(made(state_, day("2025-11-12", "2025-11-14", {"month", "jurisdiction", "day"}))),
              ElementsAre("2025-11/AK/2025-11-13 requests=2 rejected=2 excepted=1 shadow=1",
                          "2025-11/IL/2025-11-12 requests=5 answered=3 rejected=2 blocked=5 leaks=3 photo=2",
                          "2025-11/IL/2025-11-13 requests=1 unknown=1 watched=1",
                          "2025-11/NY/2025-11-12 requests=1 error=1 gap=1",
                          "2025-11/NY/2025-11-13 requests=1 no_record=1"));
}

TEST_F(ReportTest, SpanIsHalfOpen) {
  EXPECT_THAT(rows_of(made(state_, day("2025-11-12T10:05:00Z", "2025-11-12T10:06:00Z", {"agency"}))),
              ElementsAre("ice requests=3 answered=3 blocked=3 leaks=3"));
  EXPECT_THAT(rows_of(made(state_, day("2025-11-12T10:06:00Z", "2025-11-12T10:07:00Z", {"agency"}))),
              ElementsAre("ice requests=2 rejected=2 blocked=2 photo=2"));
}

TEST_F(ReportTest, DaysAreCutAtTheZonesMidnight) {
  ReportRequest r = day("2025-11-12", "2025-11-14", {"day"});
  r.zone = "America/Chicago";
  const Report report = made(state_, r);
  EXPECT_EQ(format_time(report.from), "2025-11-12T06:00:00Z");
  EXPECT_EQ(format_time(report.to), "2025-11-14T06:00:00Z");
  EXPECT_THAT(
      rows_of(report),
      ElementsAre(
          "2025-11-12 requests=7 answered=3 no_record=1 rejected=2 error=1 blocked=5 leaks=3 gap=1 photo=2",
          "2025-11-13 requests=3 rejected=2 unknown=1 excepted=1 watched=1 shadow=1"));
}

TEST_F(ReportTest, OverflowOfUnknownOrisIsTheOriStar) {
  EXPECT_THAT(rows_of(made(state_, day("2025-11-13", "2025-11-14", {"ori"}))),
              ElementsAre("* requests=1 unknown=1 watched=1", "NYHSI0100 requests=1 no_record=1",
                          "VTICE0900 requests=2 rejected=2 excepted=1 shadow=1"));
}

TEST_F(ReportTest, AgencyMeansItsSubtreeAndAnAliasItsNode) {
  ReportRequest r = day("2025-11-12", "2025-11-14", {"agency"});
  r.agency = "hsi";
  EXPECT_THAT(rows_of(made(state_, r)),
              ElementsAre("hsi requests=1 error=1 gap=1", "hsi_ny requests=1 no_record=1"));
  r.agency = "immigration";
  EXPECT_THAT(made(state_, r).totals.front(), 9);
  r.exclude = "hsi";
  EXPECT_THAT(rows_of(made(state_, r)),
              ElementsAre("ero requests=2 rejected=2 excepted=1 shadow=1",
                          "ice requests=5 answered=3 rejected=2 blocked=5 leaks=3 photo=2"));
}

TEST_F(ReportTest, ExcludeAloneLeavesEverythingElse) {
  ReportRequest r = day("2025-11-12", "2025-11-14", {"agency"});
  r.exclude = "ice";
  EXPECT_THAT(rows_of(made(state_, r)), ElementsAre("local_il requests=1 unknown=1 watched=1"));
}

TEST_F(ReportTest, JurisdictionFilters) {
  ReportRequest r = day("2025-11-12", "2025-11-14", {"class"});
  r.jurisdiction = "NY";
  EXPECT_THAT(rows_of(made(state_, r)),
              ElementsAre("driver_license requests=1 error=1 gap=1", "registration requests=1 no_record=1"));
}

TEST_F(ReportTest, MessagesHaveRequestsOnlyAndClassOther) {
  state_.message(at("2025-11-12T11:00:00Z"), "ice", Class::other, 4);
  ReportRequest r = day("2025-11-12", "2025-11-13");
  r.unit = "messages";
  const Report report = made(state_, r);
  EXPECT_THAT(report.figure_names, ElementsAre("requests"));
  EXPECT_THAT(rows_of(report), ElementsAre("hsi/driver_license requests=1", "ice/driver_license requests=5",
                                           "ice/other requests=4"));
  EXPECT_EQ(report.totals, Figures{10});
}

TEST_F(ReportTest, RollupSumsSubtreesOverTheFilteredReport) {
  ReportRequest r = day("2025-11-12", "2025-11-14", {"day"});
  r.rollup = true;
  Report report = made(state_, r);
  std::vector<std::string> sums;
  for (const auto& row : *report.rollup) sums.push_back(row.label + "=" + std::to_string(row.figures[0]));
  EXPECT_THAT(sums, ElementsAre("HSI=2", "ICE excluding HSI=7", "ICE total=9", "dhs=9", "hsi=2", "ice=9"));

  r.jurisdiction = "IL";
  report = made(state_, r);
  sums.clear();
  for (const auto& row : *report.rollup) sums.push_back(row.label + "=" + std::to_string(row.figures[0]));
  EXPECT_THAT(sums, ElementsAre("ICE excluding HSI=5", "ICE total=5", "dhs=5", "ice=5"));
  EXPECT_EQ(report.totals.front(), 6);
}

TEST_F(ReportTest, LastEndsWithTheNewestEvent) {
  ReportRequest r;
  r.last = "1h";
  r.by = {"agency"};
  EXPECT_THAT(rows_of(made(state_, r)),
              ElementsAre("ero requests=2 rejected=2 excepted=1 shadow=1", "hsi_ny requests=1 no_record=1",
                          "local_il requests=1 unknown=1 watched=1"));
}

TEST_F(ReportTest, EvictionInTheSpanMakesItIncomplete) {
  state_.quality(at("2025-11-12T11:00:00Z"), Quality::dedup_evicted, 2);
  EXPECT_FALSE(made(state_, day("2025-11-12", "2025-11-13")).complete);
  EXPECT_TRUE(made(state_, day("2025-11-13", "2025-11-14")).complete);
}

TEST_F(ReportTest, LateQualityIsNoEviction) {
  state_.quality(at("2025-11-12T11:00:00Z"), Quality::late, 2);
  EXPECT_TRUE(made(state_, day("2025-11-12", "2025-11-13")).complete);
}

TEST_F(ReportTest, JsonHasTheContractsShape) {
  ReportRequest r = day("2025-11-13T05:00:00Z", "2025-11-13T06:00:00Z");
  r.rollup = true;
  EXPECT_EQ(
      to_json(made(state_, r)),
      R"({"as_of":{"positions":{"nlets.queries/0":7,"nlets.queries/1":3},"event_time_max":"2025-11-13T06:00:00Z",)"
      R"("policy":"policy-digest","catalog":"catalog-digest"},"from":"2025-11-13T05:00:00Z","to":"2025-11-13T06:00:00Z",)"
      R"("zone":"UTC","complete":true,"final":true,"gaps":[],"unit":"observations","by":["agency","jurisdiction"],)"
      R"("rows":[{"agency":"hsi_ny","jurisdiction":"NY","requests":1,"answered":0,"no_record":1,"rejected":0,"error":0,)"
      R"("unknown":0,"blocked":0,"leaks":0,"excepted":0,"gap":0,"watched":0,"shadow":0,"photo":0}],)"
      R"("totals":{"requests":1,"answered":0,"no_record":1,"rejected":0,"error":0,"unknown":0,"blocked":0,"leaks":0,)"
      R"("excepted":0,"gap":0,"watched":0,"shadow":0,"photo":0},"rollup":[)"
      R"({"label":"HSI","requests":1,"answered":0,"no_record":1,"rejected":0,"error":0,"unknown":0,"blocked":0,"leaks":0,)"
      R"("excepted":0,"gap":0,"watched":0,"shadow":0,"photo":0},)"
      R"({"label":"ICE total","requests":1,"answered":0,"no_record":1,"rejected":0,"error":0,"unknown":0,"blocked":0,)"
      R"("leaks":0,"excepted":0,"gap":0,"watched":0,"shadow":0,"photo":0},)"
      R"({"label":"dhs","requests":1,"answered":0,"no_record":1,"rejected":0,"error":0,"unknown":0,"blocked":0,"leaks":0,)"
      R"("excepted":0,"gap":0,"watched":0,"shadow":0,"photo":0},)"
      R"({"label":"hsi","requests":1,"answered":0,"no_record":1,"rejected":0,"error":0,"unknown":0,"blocked":0,"leaks":0,)"
      R"("excepted":0,"gap":0,"watched":0,"shadow":0,"photo":0},)"
      R"({"label":"ice","requests":1,"answered":0,"no_record":1,"rejected":0,"error":0,"unknown":0,"blocked":0,"leaks":0,)"
      R"("excepted":0,"gap":0,"watched":0,"shadow":0,"photo":0}]})");
}

TEST_F(ReportTest, JsonMadePieceByPieceIsTheSame) {
  ReportRequest r = day("2025-11-12", "2025-11-14", {"agency", "ori"});
  r.rollup = true;
  const std::string whole = to_json(made(state_, r));
  for (const std::size_t room : {1U, 2U, 7U, 64U, 300U, 1000U, 1'000'000U}) {
    ReportJson json(made(state_, r));
    EXPECT_EQ(json.size(), whole.size());
    std::string text, piece(room, '\0');
    while (const std::size_t n = json.read(piece.data(), room)) text.append(piece, 0, n);
    EXPECT_EQ(text, whole) << room;
  }
}

TEST(EmptyState, ReportIsIncompleteAndWithoutRows) {
  const FakeSnapshot empty;
  const Report r = made(empty, day("2025-11-12", "2025-11-13", {"day"}));
  EXPECT_THAT(r.rows, IsEmpty());
  EXPECT_FALSE(r.complete);
  EXPECT_THAT(to_json(r), HasSubstr(R"("positions":{},"event_time_max":null)"));
}

TEST_F(ReportTest, WhatTheWordsCannotGiveIsRefusedByName) {
  struct Case {
    const char* why;
    ReportRequest request;
  };
  const auto with = [](auto&& change) {
    ReportRequest r = day("2025-11-12", "2025-11-13");
    change(r);
    return r;
  };
  const std::vector<Case> cases{
      {"unknown time zone 'Mars/Olympus'", with([](auto& r) { r.zone = "Mars/Olympus"; })},
      {"unknown --unit 'records'", with([](auto& r) { r.unit = "records"; })},
      {"unknown dimension 'color' in --by", with([](auto& r) { r.by = {"color"}; })},
      {"unknown dimension '' in --by", with([](auto& r) {
         r.by = {"agency", ""};
       })},
      {"dimension 'agency' stands twice", with([](auto& r) {
         r.by = {"agency", "day", "agency"};
       })},
      {"--unit messages has no dimension 'ori'", with([](auto& r) { r.unit = "messages", r.by = {"ori"}; })},
      {"--unit messages counts before the fan-out",
       with([](auto& r) { r.unit = "messages", r.jurisdiction = "IL"; })},
      {"unknown jurisdiction 'XX'", with([](auto& r) { r.jurisdiction = "XX"; })},
      {"unknown jurisdiction 'il'", with([](auto& r) { r.jurisdiction = "il"; })},
      {"unknown agency 'kgb' in --agency", with([](auto& r) { r.agency = "kgb"; })},
      {"unknown agency 'kgb' in --exclude", with([](auto& r) { r.exclude = "kgb"; })},
      {"a report needs --from and --to, or --last", with([](auto& r) { r.to = ""; })},
      {"--last stands without --from and --to", with([](auto& r) { r.last = "24h"; })},
      {"bad time 'noon'", with([](auto& r) { r.from = "noon"; })},
      {"--from 2025-11-14T00:00:00Z is after --to 2025-11-13T00:00:00Z",
       with([](auto& r) { r.from = "2025-11-14"; })},
      {"no bucket begins at --to 2025-11-12T10:00:30Z", with([](auto& r) { r.to = "2025-11-12T10:00:30Z"; })},
  };
  for (const auto& c : cases) EXPECT_THAT(refused(state_, c.request), StartsWith(c.why));
}

TEST(OldData, DayThatNoHourSeparatesIsRefusedNotGuessed) {
  // 20 years before the newest event no midnight is checked beforehand; Kathmandu's lie inside an hour.
  FakeSnapshot state;
  state.observe("2005-01-01T18:20:00Z", {});
  state.observe("2025-01-01T00:00:00Z", {});
  ReportRequest r = day("2005-01-01T00:00:00Z", "2005-02-01T00:00:00Z", {"day"});
  r.zone = "Asia/Kathmandu";
  EXPECT_THAT(refused(state, r), StartsWith("no bucket begins at a day of the zone 2005-01-01T18:15:00Z"));
}

TEST(OldData, MonthThatNoHourSeparatesIsRefusedNotGuessed) {
  FakeSnapshot state;
  state.observe("2005-01-31T18:20:00Z", {});
  state.observe("2025-01-01T00:00:00Z", {});
  ReportRequest r = day("2005-01-01T00:00:00Z", "2005-03-01T00:00:00Z", {"month"});
  r.zone = "Asia/Kathmandu";
  EXPECT_THAT(refused(state, r), StartsWith("no bucket begins at a day of the zone 2005-01-31T18:15:00Z"));
}

}  // namespace
}  // namespace blockwatch
