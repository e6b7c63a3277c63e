// A message with several faults has the reason that is tested first.
#include <gtest/gtest.h>

#include "tests/unit/pipeline/message.h"

namespace blockwatch {
namespace {

/// One fault of each reason that is decided on a field, in the order in which they are tested.
struct Fault {
  const char* reason;
  const char* field;
  const char* json;
};

const std::vector<Fault> kFieldFaults{
    {"missing_field", "id", "null"},         {"bad_value", "time", "1"},
    {"bad_value", "message_key", "\"\""},    {"missing_field", "origin", "{}"},
    {"bad_value", "destinations", "[null]"}, {"bad_value", "channel", "\"\""},
    {"bad_value", "purpose", "\"ABC\""},     {"bad_value", "reason", "\"ABC\""},
    {"bad_value", "image_requested", "1"},   {"bad_value", "outcome", "\"x\""},
    {"missing_field", "results", "[{}]"},
};

TEST(ParseOrder, OfTwoFaultyFieldsTheFirstInTheTableGivesTheReason) {
  for (std::size_t i = 0; i < kFieldFaults.size(); ++i) {
    for (std::size_t k = i + 1; k < kFieldFaults.size(); ++k) {
      const Message message = Message()
                                  .with(kFieldFaults[i].field, kFieldFaults[i].json)
                                  .with(kFieldFaults[k].field, kFieldFaults[k].json);
      EXPECT_EQ(fate(message), kFieldFaults[i].reason) << message.json();
    }
  }
}

TEST(ParseOrder, WithinOriginTheOriComesBeforeTheLine) {
  EXPECT_EQ(fate(Message().with("origin", R"({"line":1})")), "missing_field");
  EXPECT_EQ(fate(Message().with("origin", R"({"line":1,"ori":2})")), "bad_value");
  EXPECT_EQ(fate(Message().with("origin", R"({"line":1,"ori":"short"})")), "bad_value");
}

TEST(ParseOrder, WithinResultsTheFirstFaultyEntryAndItsDestinationComeFirst) {
  EXPECT_EQ(fate(Message().with("results", R"([{"outcome":"x"}])")), "missing_field");
  EXPECT_EQ(fate(Message().with("results", R"([{"destination":1}])")), "bad_value");
  EXPECT_EQ(fate(Message().with("results", R"([{"destination":"NY","outcome":"x"},{}])")), "bad_value");
  EXPECT_EQ(fate(Message().with("results", R"([{},1])")), "missing_field");
}

TEST(ParseOrder, EveryFieldIsCheckedBeforeAnyCloserReason) {
  for (const Fault& fault : kFieldFaults) {
    Message message = Message().with("time", in_quotes("never")).with("origin", R"({"ori":"short"})");
    EXPECT_EQ(fate(message.with(fault.field, fault.json)), fault.reason) << fault.field;
  }
  const std::string many = "[" + repeated(64, "\"IL\",") + "\"IL\"]";
  EXPECT_EQ(fate(Message().with("destinations", many).with("results", "[1]")), "bad_value");
  EXPECT_EQ(fate(Message().with("destinations", "[" + repeated(64, "\"IL\",") + "1]")), "bad_value");
}

TEST(ParseOrder, TheCloserReasonsFollowOneAnother) {
  const std::string many = "[" + repeated(64, "\"IL\",") + "\"IL\"]";
  Message message = Message().with("origin", R"({"ori":"short"})").with("destinations", many);
  EXPECT_EQ(fate(message.with("time", in_quotes("never"))), "bad_time");
  EXPECT_EQ(fate(message.with("time", in_quotes("2035-01-01T00:00:00Z"))), "future_time");
  EXPECT_EQ(fate(message.with("time", in_quotes("1995-01-01T00:00:00Z"))), "before_retention");
  EXPECT_EQ(fate(message.with("time", in_quotes("2025-11-12T20:00:00Z"))), "bad_ori");
  EXPECT_EQ(fate(message.with("origin", R"({"ori":"VTICE0900"})")), "too_many_destinations");
}

TEST(ParseOrder, WhatIsWrongWithTheJsonComesBeforeWhatIsWrongWithTheFields) {
  const std::string too_deep = repeated(65, "[") + repeated(65, "]");
  // Each line has the faults of all lines below it, as far as one payload can have them.
  EXPECT_EQ(fate("\xFF" + std::string(70000, ' ')), "too_large");
  EXPECT_EQ(fate(R"({"a":1,"a":nul,"b":")"
                 "\xFF"
                 R"("} x)"),
            "bad_utf8");
  EXPECT_EQ(fate(R"({"a":1,"a":nul,"b":"\ud800"} x)"), "bad_utf8");
  EXPECT_EQ(fate(R"({"a":1,"a":nul} x)"), "not_json");
  EXPECT_EQ(fate(R"({"a":1,"a":)" + too_deep + "} x"), "not_json");
  EXPECT_EQ(fate(R"({"a":1,"a":2} x)"), "trailing_bytes");
  EXPECT_EQ(fate(R"([{"a":1,"a":2}] x)"), "trailing_bytes");
  EXPECT_EQ(fate(R"([{"a":1,"a":2}])"), "bad_value");
  EXPECT_EQ(fate(R"({"a":1,"a":2})"), "duplicate_field");
  EXPECT_EQ(fate(R"({"a":1})"), "missing_field");
}

TEST(ParseOrder, DepthIsTestedBeforeDuplicatesAndTheTopLevel) {
  const std::string too_deep = repeated(64, "[") + repeated(64, "]");
  EXPECT_EQ(fate(R"({"a":1,"a":)" + too_deep + "}"), "not_json");
  EXPECT_EQ(fate("[" + too_deep + "]"), "not_json");
}

}  // namespace
}  // namespace blockwatch
