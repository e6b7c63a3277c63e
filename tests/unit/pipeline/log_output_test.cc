// Output `log`: one structured line per notification, from the event that was fixed when it was made.
#include "pipeline/output/log_output.h"

#include <array>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

std::string delivered(const std::string& severity) {
  Notification n;
  n.id = std::string(64, 'b');
  n.incident = std::string(32, 'a');
  n.milestone = "opened";
  n.body =
      R"({"specversion":"1.0","data":{"kind":"block_leak","severity":")" + severity +
      R"(","policy":"il-ice","jurisdiction":"IL","agency":"ice","day":"2025-11-12","count":7,"summary":"ICE asked IL"}})";
  const auto output = make_log_output("console");
  EXPECT_EQ(output->name(), "console");
  testing::internal::CaptureStderr();
  const auto acknowledged = output->deliver(std::array{n, n}, std::chrono::milliseconds(0));
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(acknowledged.value_or(0), 2U);
  return text;
}

TEST(LogOutput, ALineNamesTheIncidentAndWhatHappened) {
  const std::string text = delivered("critical");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  for (const std::string& part :
       {std::string("level=error"), std::string("event=alert"), std::string("msg=\"ICE asked IL\""),
        std::string("kind=block_leak"), std::string("policy=il-ice"), std::string("jurisdiction=IL"),
        std::string("agency=ice"), std::string("day=2025-11-12"), std::string("count=7"),
        std::string("milestone=opened"), "incident=" + std::string(32, 'a'), "id=" + std::string(64, 'b')}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in " << text;
  }
}

TEST(LogOutput, SeverityDecidesTheLevel) {
  EXPECT_NE(delivered("warning").find("level=warning"), std::string::npos);
  EXPECT_NE(delivered("info").find("level=info"), std::string::npos);
}

}  // namespace
}  // namespace blockwatch
