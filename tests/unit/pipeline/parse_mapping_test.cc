// Records in another producer's layout: read as if they were events in the contract's own.
#include <gtest/gtest.h>

#include "config/settings.h"
#include "tests/unit/pipeline/message.h"

namespace blockwatch {
namespace {

SourceMapping mapping_of(const std::string& keys) {
  const std::string text =
      "[state]\ndir = \"s\"\n[policy]\nfile = \"p\"\n[catalog]\nagencies = \"a\"\noris = \"o\"\n"
      "[source]\nkind = \"file\"\nfiles = [\"f\"]\n[source.mapping]\n" +
      keys;
  Diagnostics diagnostics;
  const auto loaded = parse_settings("blockwatchd.toml", text, diagnostics);
  for (const auto& d : diagnostics.all()) ADD_FAILURE() << to_text(d);
  return loaded ? loaded->settings.source.mapping.value_or(SourceMapping{}) : SourceMapping{};
}

constexpr std::string_view kFlat = R"(
id = "/TXN"
time = "/SENT"
message_key = { pointer = "/MSG", values = { DLQ = "DQ", "PIC" = "DQ/IMQ" } }
origin.ori = "/FROM"
origin.line = { pointer = "/LINE", values = { "" = "", "--" = "" } }
destinations = { pointer = "/TO", separator = ",", values = { ALL = "NL", "?" = "" }, default = ["IL"] }
channel = { pointer = "/NET", default = "leads" }
purpose = "/PURP"
reason = { pointer = "/RSN", values = { "" = "" } }
image_requested = { pointer = "/IMG", values = { Y = true, N = false, 1 = true, "" = "" }, default = true }
outcome = { pointer = "/RC", values = { HIT = "answered", "NO RECORD" = "no_record", 9 = "error", true = "rejected" } }
)";

/// A record of the flat layout, made different in one place at a time.
Message flat() {
  Message record;
  for (const char* name : {"id", "time", "message_key", "origin", "destinations"}) record.without(name);
  return record.with("TXN", R"("7")")
      .with("SENT", R"("2025-11-12T14:03:27-06:00")")
      .with("MSG", R"("DLQ")")
      .with("FROM", R"("VTICE0900")")
      .with("TO", R"("il, ny")");
}

class Mapped {
 public:
  explicit Mapped(std::string_view keys) : parser_(65536, mapping_of(std::string(keys))) {}
  Parsed parse(const std::string& payload) {
    Parsed parsed;
    parsed.reason = parser_.parse({.partition = 0, .offset = 0, .broker_time = kReceived, .payload = payload},
                                  parsed.event);
    if (!parsed.reason) parsed.id = parsed.event.id;
    parsed.event.id = {};
    return parsed;
  }
  Parsed parse(const Message& record) { return parse(record.json()); }
  std::string fate(const Message& record) {
    const auto parsed = parse(record);
    return parsed.reason ? std::string(name_of(*parsed.reason)) : "accepted";
  }

 private:
  Parser parser_;
};

std::vector<std::string> destinations(const Parsed& parsed) {
  std::vector<std::string> out;
  for (const auto& d : parsed.event.destinations) out.emplace_back(d.view());
  return out;
}
using Texts = std::vector<std::string>;

TEST(ParseMapping, AFlatRecordBecomesTheEventItStandsFor) {
  Mapped mapped(kFlat);
  const Parsed got =
      mapped.parse(flat().with("LINE", R"("ax")").with("PURP", R"("c")").with("RC", R"("HIT")"));
  ASSERT_EQ(got.reason, std::nullopt);
  EXPECT_EQ(got.id, "7");
  EXPECT_EQ(got.event.time, at("2025-11-12T20:03:27Z"));
  EXPECT_EQ(got.event.key.view(), "DQ");
  EXPECT_EQ(got.event.ori.view(), "VTICE0900");
  EXPECT_EQ(got.event.line.view(), "AX");
  EXPECT_EQ(destinations(got), (Texts{"IL", "NY"}));
  EXPECT_EQ(got.event.channel.view(), "leads");
  EXPECT_EQ(got.event.purpose.view(), "C");
  EXPECT_EQ(got.event.outcome, Outcome::answered);
}

TEST(ParseMapping, FieldsThatAreNotNamedAreAbsentEvenUnderTheContractsNames) {
  Mapped mapped(
      "id = \"/TXN\"\ntime = \"/SENT\"\nmessage_key = \"/MSG\"\norigin.ori = \"/FROM\"\ndestinations = "
      "\"/TO\"");
  const Parsed got =
      mapped.parse(flat().with("TO", R"("IL")").with("channel", R"("leads")").with("outcome", "7"));
  ASSERT_EQ(got.reason, std::nullopt);
  EXPECT_EQ(got.event.channel.view(), "unknown");
  EXPECT_EQ(got.event.outcome, Outcome::unknown);
}

TEST(ParseMapping, AWordThatTheTableLacksIsReadAsItIs) {
  Mapped mapped(kFlat);
  EXPECT_EQ(mapped.parse(flat().with("RC", R"("no_record")")).event.outcome, Outcome::no_record);
  EXPECT_EQ(mapped.fate(flat().with("RC", R"("hit")")), "bad_value");
  EXPECT_EQ(mapped.fate(flat().with("RC", "{}")), "bad_value");
}

TEST(ParseMapping, BlanksAroundAWordDoNotCount) {
  Mapped mapped(kFlat);
  EXPECT_EQ(mapped.parse(flat().with("RC", R"("  NO RECORD ")")).event.outcome, Outcome::no_record);
}

TEST(ParseMapping, NumbersAndBooleansAreTranslatedByTheirText) {
  Mapped mapped(kFlat);
  EXPECT_EQ(mapped.parse(flat().with("RC", "9")).event.outcome, Outcome::error);
  EXPECT_EQ(mapped.parse(flat().with("RC", "true")).event.outcome, Outcome::rejected);
  EXPECT_EQ(mapped.fate(flat().with("RC", "false")), "bad_value");
  EXPECT_EQ(mapped.fate(flat().with("RC", "9.0")), "bad_value");
  EXPECT_EQ(mapped.parse(flat().with("TXN", "18446744073709551615")).id, "18446744073709551615");
  EXPECT_EQ(mapped.parse(flat().with("TXN", "-12")).id, "-12");
  EXPECT_EQ(mapped.fate(flat().with("TXN", "true")), "bad_value");
}

TEST(ParseMapping, AWordThatMeansNothingLeavesTheFieldAbsentAndTheDefaultHolds) {
  Mapped mapped(kFlat);
  EXPECT_TRUE(mapped.parse(flat().with("LINE", R"("--")")).event.line.view().empty());
  EXPECT_EQ(mapped.fate(flat().with("PURP", R"("")")), "bad_value");
  EXPECT_EQ(mapped.parse(flat().with("NET", "null")).event.channel.view(), "leads");
  EXPECT_EQ(mapped.parse(flat().with("NET", R"("CDLIS")")).event.channel.view(), "cdlis");
  EXPECT_EQ(destinations(mapped.parse(flat().with("TO", R"("?")"))), Texts{"IL"});
  EXPECT_EQ(destinations(mapped.parse(flat().with("TO", R"(["?","?"])"))), Texts{"IL"});
  EXPECT_EQ(destinations(mapped.parse(flat().with("TO", R"("?,NY,?")"))), Texts{"NY"});
  EXPECT_EQ(destinations(mapped.parse(flat().without("TO"))), Texts{"IL"});
}

TEST(ParseMapping, AnImageIsRequestedByTheTableOrABoolean) {
  Mapped mapped(kFlat);
  const auto photo = [&](std::string_view json) {
    return mapped.parse(flat().with("IMG", json)).event.photo_requested;
  };
  EXPECT_TRUE(photo(R"("Y")"));
  EXPECT_TRUE(photo("1"));
  EXPECT_TRUE(photo("true"));
  EXPECT_TRUE(photo("null"));  // the default
  EXPECT_TRUE(photo(R"("")"));
  EXPECT_FALSE(photo(R"("N")"));
  EXPECT_FALSE(photo("false"));
  EXPECT_EQ(mapped.fate(flat().with("IMG", R"("true")")), "bad_value");
  EXPECT_TRUE(mapped.parse(flat().with("IMG", R"("N")").with("MSG", R"("PIC")")).event.photo_requested);
}

TEST(ParseMapping, DestinationsAreAListOrOneTextWithSeparatorsOrOneNumber) {
  Mapped mapped(kFlat);
  EXPECT_EQ(destinations(mapped.parse(flat().with("TO", R"(["il","NY, tx","ALL"])"))),
            (Texts{"IL", "NY", "TX", "NL"}));
  EXPECT_EQ(destinations(mapped.parse(flat().with("TO", R"("IL,,NY")"))), (Texts{"IL", "", "NY"}));
  EXPECT_EQ(destinations(mapped.parse(flat().with("TO", "17"))), Texts{"17"});
  EXPECT_EQ(mapped.fate(flat().with("TO", R"(["IL",null])")), "bad_value");
  EXPECT_EQ(mapped.fate(flat().with("TO", R"(["IL",["NY"]])")), "bad_value");
  EXPECT_EQ(mapped.fate(flat().with("TO", in_quotes("IL" + repeated(63, ",NY")))), "accepted");
  EXPECT_EQ(mapped.fate(flat().with("TO", in_quotes("IL" + repeated(64, ",NY")))), "too_many_destinations");
}

constexpr std::string_view kNested = R"(
id = "/m~1sg/@id"
time = "/m~1sg/head/0"
message_key = "/m~1sg/head/1"
origin.ori = "/m~1sg/from/~0ori/#text"
[source.mapping.destinations]
pointer = "/m~1sg/to"
item = "/@code"
values = { EVERYONE = "NL" }
[source.mapping.outcome]
default = "unknown"
[source.mapping.outcome.values]
01 = "answered"
09 = "rejected"
[source.mapping.results]
pointer = "/m~1sg/back/answer"
destination = "/by"
outcome = "/code"
)";

std::string nested(std::string_view to, std::string_view answer,
                   std::string_view head = R"(["2025-11-12T20:03:27Z","DQ"])") {
  return R"({"m/sg":{"@id":"7","head":)" + std::string(head) +
         R"(,"from":{"~ori":{"#text":"VTICE0900"}},"to":)" + std::string(to) + R"(,"back":{"answer":)" +
         std::string(answer) + "}}}";
}

TEST(ParseMapping, PointersLeadThroughObjectsAndListsAndEscapedNames) {
  Mapped mapped(kNested);
  const Parsed got = mapped.parse(nested(R"([{"@code":"IL"},{"@code":"EVERYONE"}])",
                                         R"([{"by":"IL","code":"01"},{"by":"NY","code":"09"}])"));
  ASSERT_EQ(got.reason, std::nullopt);
  EXPECT_EQ(got.id, "7");
  EXPECT_EQ(got.event.time, at("2025-11-12T20:03:27Z"));
  EXPECT_EQ(destinations(got), (Texts{"IL", "NL"}));
  ASSERT_EQ(got.event.results.size(), 2U);
  EXPECT_EQ(got.event.results[0].destination.view(), "IL");
  EXPECT_EQ(got.event.results[0].outcome, Outcome::answered);
  EXPECT_EQ(got.event.results[1].outcome, Outcome::rejected);
}

TEST(ParseMapping, AListOfOneMayStandWithoutItsList) {
  Mapped mapped(kNested);
  const Parsed got = mapped.parse(nested(R"({"@code":"IL"})", R"({"by":"IL","code":"09"})"));
  ASSERT_EQ(got.reason, std::nullopt);
  EXPECT_EQ(destinations(got), Texts{"IL"});
  ASSERT_EQ(got.event.results.size(), 1U);
  EXPECT_EQ(got.event.results[0].outcome, Outcome::rejected);
}

std::string fate_of(Mapped& mapped, const std::string& payload) {
  const auto reason = mapped.parse(payload).reason;
  return reason ? std::string(name_of(*reason)) : "accepted";
}

TEST(ParseMapping, WhatAPointerDoesNotReachIsMissing) {
  Mapped mapped(kNested);
  const std::string to = R"([{"@code":"IL"}])";
  EXPECT_EQ(fate_of(mapped, nested(to, "[]")), "accepted");
  EXPECT_EQ(fate_of(mapped, nested(to, "null")), "accepted");
  EXPECT_EQ(fate_of(mapped, nested(to, "[]", R"(["2025-11-12T20:03:27Z"])")), "missing_field");
  EXPECT_EQ(fate_of(mapped, nested(to, "[]", R"({"0":"2025-11-12T20:03:27Z","1":"DQ"})")), "accepted");
  EXPECT_EQ(fate_of(mapped, nested(to, "[]", R"("text")")), "missing_field");
  EXPECT_EQ(fate_of(mapped, nested("null", "[]")), "missing_field");
  EXPECT_EQ(fate_of(mapped, nested(R"([{"code":"IL"}])", "[]")), "bad_value");
  EXPECT_EQ(fate_of(mapped, nested(to, R"([{"by":"IL"}])")), "missing_field");
  EXPECT_EQ(fate_of(mapped, nested(to, R"([{"by":"IL","code":"02"}])")), "bad_value");
  EXPECT_EQ(fate_of(mapped, nested(to, R"(["IL"])")), "bad_value");
  EXPECT_EQ(fate_of(mapped, nested(to, "7")), "bad_value");
}

TEST(ParseMapping, TheOrderOfReasonsIsTheContracts) {
  Mapped mapped(kFlat);
  const std::string lone = R"("\ud800")";
  EXPECT_EQ(mapped.fate(flat().with("X", lone)), "bad_utf8");
  EXPECT_EQ(mapped.fate(flat().with("X", R"({"a":{"b":1,"b":2}})").without("TXN")), "duplicate_field");
  EXPECT_EQ(fate_of(mapped, flat().json() + " x"), "trailing_bytes");
  EXPECT_EQ(fate_of(mapped, "[]"), "bad_value");
  EXPECT_EQ(fate_of(mapped, R"({"TXN":1,"TXN":1})"), "duplicate_field");
  EXPECT_EQ(fate_of(mapped, R"({"TXN":01})"), "not_json");
  EXPECT_EQ(fate_of(mapped, repeated(65, "[") + repeated(65, "]")), "not_json");
  // Of two faults the one in the field that comes first in the contract's table.
  EXPECT_EQ(mapped.fate(flat().without("TXN").with("RC", "{}")), "missing_field");
  EXPECT_EQ(mapped.fate(flat().with("TXN", "{}").without("FROM")), "bad_value");
  EXPECT_EQ(mapped.fate(flat().with("SENT", R"("soon")").with("RC", "{}")), "bad_value");
  EXPECT_EQ(mapped.fate(flat().with("SENT", R"("soon")").with("FROM", R"("?")")), "bad_time");
  EXPECT_EQ(mapped.fate(flat().with("SENT", R"("2025-11-12T20:10:01Z")").with("FROM", R"("?")")),
            "future_time");
  EXPECT_EQ(mapped.fate(flat().with("SENT", R"("2015-01-01T00:00:00Z")").with("FROM", R"("?")")),
            "before_retention");
  EXPECT_EQ(mapped.fate(flat().with("FROM", R"("?")")), "bad_ori");
}

TEST(ParseMapping, NothingOfARecordLeaksIntoTheNext) {
  Mapped mapped(kFlat);
  mapped.parse(
      flat().with("LINE", R"("AX")").with("IMG", R"("Y")").with("RC", R"("HIT")").with("TXN", "12345"));
  const Parsed next = mapped.parse(flat().with("IMG", R"("N")"));
  EXPECT_EQ(next.id, "7");
  EXPECT_TRUE(next.event.line.view().empty());
  EXPECT_FALSE(next.event.photo_requested);
  EXPECT_EQ(next.event.outcome, Outcome::unknown);
}

}  // namespace
}  // namespace blockwatch
