// The demo's alert lines: readable for every kind, never wider than a terminal.
#include <gtest/gtest.h>

#include <string>

#include "cli/demo/alert_feed.h"
#include "cli/table.h"

namespace blockwatch {
namespace {

std::string alert(const std::string& kind, const std::string& policy, const std::string& agency) {
  return R"({"specversion":"1.0","id":"n","data":{"kind":")" + kind +
         R"(","severity":"critical","policy":")" + policy + R"(","agency":")" + agency +
         R"(","jurisdiction":"NY","count":100000,"last":{"time":"2026-11-12T14:03:27.41Z"}}})";
}

TEST(AlertLine, SaysWhoWhereAndWhatHappened) {
  const AlertLine line = alert_line(alert("block_leak", "il-ice", "hsi"));
  EXPECT_EQ(line.who, "hsi");
  EXPECT_EQ(line.state, "NY");
  EXPECT_EQ(line.what, "DATA GIVEN despite il-ice");
  EXPECT_EQ(line.count, "100000");
  EXPECT_EQ(format_time(line.event_time), "2026-11-12T14:03:27.41Z");
}

TEST(AlertText, OfEveryKindFitsTheWidthAndIsPlainWithoutColor) {
  for (const char* kind : {"block_leak", "blocked_query", "blocked_attempt", "enforcement_gap",
                           "exception_exceeded", "broadcast_by_blocked", "side_channel", "unknown_ori",
                           "inactive_ori", "lookalike_ori", "watch", "a_kind_of_a_later_version"}) {
    const AlertLine line =
        alert_line(alert(kind, "a-policy-with-a-long-name-indeed-and-more", "federal_unclassified"));
    const std::string text = alert_text(line, line.event_time, 12345, {.color = false});
    EXPECT_LE(text.size(), kTableWidth + 1) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("ms\n")) << text;
  }
}

TEST(AlertText, OnATerminalShowsTheSeverityInColor) {
  const AlertLine line = alert_line(alert("block_leak", "il-ice", "hsi"));
  EXPECT_NE(alert_text(line, line.event_time, 5, {.color = true}).find("\x1b[1;31mcritical"),
            std::string::npos);
}

TEST(AlertText, OfALateEventClaimsNoLatency) {
  const AlertLine line = alert_line(alert("block_leak", "il-ice", "hsi"));
  EXPECT_TRUE(alert_text(line, line.event_time, -1, {}).ends_with("late\n"));
}

TEST(AlertHeader, StandsAboveItsColumns) {
  const AlertLine line = alert_line(alert("watch", "w", "ofo"));
  const std::string text = alert_text(line, line.event_time, 5, {});
  const std::string header = alert_header({});
  EXPECT_EQ(header.find("WHO"), text.find("ofo"));
  EXPECT_EQ(header.find("STATE"), text.find("NY"));
  EXPECT_EQ(header.find("WHAT"), text.find("asked; watched by w"));
}

}  // namespace
}  // namespace blockwatch
