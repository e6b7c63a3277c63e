// One report over daemons that share a topic: what is summed, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_snapshot.h"
#include "query/listings.h"
#include "query/report.h"
#include "query/report_sum.h"

namespace blockwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kTree =
    "[[agency]]\nid = \"dhs\"\n[[agency]]\nid = \"ice\"\nparent = \"dhs\"\n[[agency]]\nid = \"hsi\"\nparent "
    "= \"ice\"\n";

ReportRequest asked(const std::vector<std::string>& by) {
  ReportRequest r;
  r.from = "2025-11-12";
  r.to = "2025-11-13";
  r.by = by;
  r.rollup = true;
  return r;
}

/// What two daemons and the one that counts everything have seen.
struct Shared {
  std::array<FakeSnapshot, 2> daemons;
  FakeSnapshot whole;
  Shared() {
    for (FakeSnapshot* s : {&daemons[0], &daemons[1], &whole}) {
      s->catalog(kTree);
      s->policy("policy-digest");
    }
    see(0, "2025-11-12T10:00:00Z", {});
    see(1, "2025-11-12T11:00:00Z", {.agency = "hsi", .outcome = Outcome::answered, .count = 3});
    see(2, "2025-11-12T12:00:00Z", {.count = 5});
    see(3, "2025-11-12T13:00:00Z",
        {.agency = "hsi", .jurisdiction = "NY", .verdict = Verdict::none, .count = 7});
  }
  void see(std::uint32_t partition, const char* time, const Seen& seen) {
    daemons.at(partition / 2).observe(time, seen, partition);
    whole.observe(time, seen, partition);
  }
  /// As the command line does it: through the JSON.
  Expected<Report> sum(const ReportRequest& request, LiveClocks live = {}) const {
    std::vector<Named<Report>> parts;
    for (std::size_t i = 0; i < daemons.size(); ++i) {
      const auto report = make_report(daemons.at(i), request, kDay, live);
      if (!report) return report;
      parts.push_back({"url-" + std::to_string(i), report_from_json(to_json(*report)).value()});
    }
    return sum_reports(std::move(parts));
  }
};

std::string refusal(const std::vector<Named<Report>>& parts) {
  const auto sum = sum_reports(parts);
  if (sum) return "summed";
  EXPECT_EQ(sum.error().code, ExitCode::usage);
  return sum.error().message;
}

TEST(SeveralDaemons, SumToTheReportOfOneThatCountsEverything) {
  Shared shared;
  for (FakeSnapshot* s : {&shared.daemons[0], &shared.daemons[1], &shared.whole}) s->end_all();
  for (const std::vector<std::string>& by : std::vector<std::vector<std::string>>{
           {"agency", "jurisdiction"}, {"outcome"}, {"ori", "day"}, {"verdict", "month"}}) {
    const auto sum = shared.sum(asked(by));
    ASSERT_TRUE(sum) << sum.error().message;
    EXPECT_EQ(to_json(*sum), to_json(make_report(shared.whole, asked(by), kDay).value()));
    EXPECT_TRUE(sum->complete && sum->final);
  }
}

TEST(SeveralDaemons, MessagesAreSummedToo) {
  const Shared shared;
  ReportRequest r = asked({"agency"});
  r.unit = "messages";
  const auto sum = shared.sum(r);
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->totals, Figures{16});
}

TEST(SeveralDaemons, OneThatIsBehindTheOthersMakesTheSumIncomplete) {
  const Shared shared;
  ReportRequest r = asked({"agency"});
  r.to = "2025-11-12T12:00:00Z";
  EXPECT_FALSE(shared.sum(r)->complete);
  // The first stands at 10:00 and 11:00: complete as far as it knows itself, but not up to the second's
  // newest.
  Shared even;
  even.see(0, "2025-11-12T11:00:00Z", {});
  even.see(2, "2025-11-12T13:00:00Z", {});
  EXPECT_TRUE(even.sum(r)->complete);
  r.newest_elsewhere = at("2025-11-12T13:00:00Z");
  const auto behind = even.sum(r);
  EXPECT_FALSE(behind->complete || behind->final);
  EXPECT_THAT(behind->gaps, ElementsAre(HasSubstr("nlets.queries/0: counted up to 2025-11-12T11:00:00Z"),
                                        HasSubstr("nlets.queries/1: counted up to 2025-11-12T11:00:00Z"),
                                        testing::_, testing::_));
  // A daemon at the end of its log has the wall clock.
  EXPECT_TRUE(even.sum(r, {true, at("2025-11-12T14:00:00Z")})->complete);
}

TEST(SeveralDaemons, APartitionThatNobodyReadMakesTheSumIncomplete) {
  FakeSnapshot a, b;
  a.observe("2025-11-12T10:00:00Z", {}, 1);
  b.observe("2025-11-12T10:00:00Z", {}, 3);
  a.end_all();
  b.end_all();
  const auto report = [](const FakeSnapshot& s) {
    ReportRequest r = asked({});
    r.rollup = false;
    return make_report(s, r, 0).value();
  };
  EXPECT_TRUE(report(a).complete);
  const auto sum = sum_reports({{"b", report(b)}, {"a", report(a)}}).value();
  EXPECT_FALSE(sum.complete || sum.final);
  EXPECT_THAT(sum.gaps, ElementsAre(HasSubstr("nlets.queries/0: none"), HasSubstr("nlets.queries/2: none")));
  EXPECT_THAT(sum.as_of.positions,
              ElementsAre(testing::Pair("nlets.queries/1", 1), testing::Pair("nlets.queries/3", 1)));
  EXPECT_EQ(sum.as_of.event_time_max, at("2025-11-12T10:00:00Z"));
}

TEST(SeveralDaemons, OneThatHasReadNothingIsNamed) {
  Shared shared;
  shared.whole.end_all();
  const ReportRequest r = asked({});
  const Report whole = make_report(shared.whole, r, 0).value();
  FakeSnapshot fresh;
  fresh.catalog(kTree);
  fresh.policy("policy-digest");
  const auto sum = sum_reports({{"url-a", whole}, {"url-b", make_report(fresh, r, 0).value()}}).value();
  EXPECT_EQ(sum.totals, whole.totals);
  EXPECT_FALSE(sum.complete);
  EXPECT_THAT(sum.gaps, ElementsAre("url-b: no partition has been read yet"));
}

TEST(SeveralDaemons, WhatWouldMakeTheSumALieIsRefusedByName) {
  const Shared shared;
  const Report a = make_report(shared.daemons[0], asked({}), 0).value();
  const Report b = make_report(shared.daemons[1], asked({}), 0).value();
  const auto with = [&](auto change) {
    Report changed = b;
    change(changed);
    return refusal({{"url-a", a}, {"url-b", changed}});
  };
  EXPECT_EQ(with([](Report&) {}), "summed");
  EXPECT_THAT(refusal({{"url-a", a}, {"url-b", b}, {"url-c", b}}),
              HasSubstr("url-b and url-c both count nlets.queries/2"));
  EXPECT_THAT(with([](Report& r) { r.from += kHour; }),
              HasSubstr("spans cannot be summed: url-a has 2025-11-12T00:00:00Z to"));
  EXPECT_THAT(with([](Report& r) { r.to += kHour; }), HasSubstr("spans"));
  EXPECT_THAT(with([](Report& r) { r.zone = "America/Chicago"; }), HasSubstr("url-b has America/Chicago"));
  EXPECT_THAT(with([](Report& r) { r.by = {"jurisdiction", "agency"}; }), HasSubstr("dimensions"));
  EXPECT_THAT(with([](Report& r) { r.unit = Unit::messages; }), HasSubstr("units"));
  EXPECT_THAT(with([](Report& r) { r.as_of.policy = "other"; }),
              HasSubstr("policies cannot be summed: url-a has policy-digest, url-b has other"));
  EXPECT_THAT(with([](Report& r) { r.as_of.catalog = "other"; }), HasSubstr("catalogs"));
  EXPECT_THAT(with([](Report& r) { r.rollup.reset(); }), HasSubstr("url-b has no roll-up"));
  EXPECT_THAT(with([](Report& r) { r.as_of.positions = {{"leads/9", 1}}; }), HasSubstr("share a topic"));
}

TEST(SeveralDaemons, LastEndsForAllWithTheNewestOfAll) {
  ReportRequest r = asked({"agency"});
  r.from = r.to = "";
  r.last = "24h";
  const auto common = with_common_span(r, at("2025-11-12T13:00:30Z")).value();
  EXPECT_EQ(common.last, "");
  EXPECT_EQ(common.from, "2025-11-11T13:01:00Z");
  EXPECT_EQ(common.to, "2025-11-12T13:01:00Z");
  EXPECT_EQ(common.newest_elsewhere, at("2025-11-12T13:00:30Z"));
  r.unit = "messages";
  r.by = {};
  EXPECT_EQ(with_common_span(r, at("2025-11-12T13:00:30Z"))->to, "2025-11-12T14:00:00Z");
  r.now = at("2025-11-13T00:10:00Z");
  EXPECT_EQ(with_common_span(r, at("2025-11-12T13:00:30Z"))->to, "2025-11-13T01:00:00Z");
  r.now = kNoTime;
  EXPECT_EQ(with_common_span(r, kNoTime).error().code, ExitCode::usage);
}

TEST(SeveralDaemons, AnAnswerThatIsNoReportIsTemporary) {
  for (const char* text : {"", "{}", "[]", R"({"as_of":{}})", R"({"error":"x"})"}) {
    const auto report = report_from_json(text);
    ASSERT_FALSE(report) << text;
    EXPECT_EQ(report.error().code, ExitCode::temporary);
  }
}

TEST(SeveralDaemons, CompletenessIsAllPartitionsInOrder) {
  const Shared shared;
  const auto json = [&](const FakeSnapshot& s) { return completeness_json(s); };
  EXPECT_EQ(sum_completeness({{"b", json(shared.daemons[1])}, {"a", json(shared.daemons[0])}}).value(),
            json(shared.whole));
  EXPECT_THAT(sum_completeness({{"a", json(shared.whole)}, {"b", json(shared.daemons[0])}}).error().message,
              HasSubstr("a and b both count nlets.queries/0"));
  EXPECT_EQ(sum_completeness({{"a", "{}"}}).error().code, ExitCode::temporary);
}

TEST(ReportNow, EndsWithTheBucketThatHoldsTheWallClock) {
  const Shared shared;
  ReportRequest r = asked({"agency"});
  r.from = r.to = "";
  r.last = "24h";
  r.now = at("2025-11-13T12:30:10Z");
  const auto report = make_report(shared.whole, r, 0).value();
  EXPECT_EQ(format_time(report.from), "2025-11-12T12:31:00Z");
  EXPECT_EQ(format_time(report.to), "2025-11-13T12:31:00Z");
  EXPECT_THAT(report.totals.front(), 7);
  r.last = "";
  r.from = "2025-11-12";
  r.to = "2025-11-13";
  EXPECT_EQ(make_report(shared.whole, r, 0).error().message, "--now goes with --last only");
}

}  // namespace
}  // namespace blockwatch
