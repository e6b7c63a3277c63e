// What `explain` says of one event.
#include "query/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/pipeline/world.h"

namespace blockwatch {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kEvent =
    R"({"id":"a1","time":"2025-11-12T14:03:27Z","message_key":"DQ","origin":{"ori":"VTICE0900"},)"
    R"("destinations":["IL"],"channel":"nlets","outcome":"answered"})";

class Explain : public testing::Test {
 public:
  Explain() {
    world.agency("dhs");
    world.agency("ice", "dhs");
    world.agency("hsi", "ice");
    world.agency("cbp", "dhs");
    world.row("VTICE0900", "ice");
    world.row("VTHSI0900", "hsi");
    world.row("VTCBP0900", "cbp");
  }

  Json of(const std::string& payload) {
    const auto ruleset = world.compile();
    Parser parser(65536);
    return Json::parse(explain_json({payload, instant("2025-12-01T00:00:00Z")}, parser,
                                    [&](TimeNs) -> const Ruleset& { return *ruleset; }));
  }
  /// The event with one member replaced or added.
  Json with(const std::string& member, const Json& value) {
    Json event = Json::parse(kEvent);
    event[member] = value;
    return of(event.dump());
  }
  Json from(const std::string& asker) { return with("origin", {{"ori", asker}}); }
  /// Why the only policy says nothing of the only jurisdiction.
  static std::string why_not(const Json& explanation) {
    const Json& others = explanation["jurisdictions"][0]["others"];
    return others.size() == 1 && others[0]["why"].size() == 1 ? others[0]["why"][0].get<std::string>()
                                                              : "not one reason: " + others.dump();
  }
  PolicyRule& il_ice() {
    PolicyRule& rule = world.block("il-ice", {"IL"}, {"ice"}, instant("2025-01-15T06:00:00Z"));
    rule.ordered_at = instant("2025-01-01T06:00:00Z");
    return rule;
  }
  static std::vector<std::string> raised(const Json& jurisdiction) {
    std::vector<std::string> kinds;
    for (const Json& incident : jurisdiction["incidents"]) kinds.push_back(incident["kind"]);
    return kinds;
  }

  World world;
};

TEST_F(Explain, ABlockedAndAnsweredQueryIsALeak) {
  il_ice();
  const Json said = of(kEvent);
  EXPECT_EQ(said["fate"], "counted");
  EXPECT_EQ(said["asker"]["agency"], "ice");
  EXPECT_EQ(said["asker"]["how"], "exact");
  EXPECT_EQ(said["asker"]["incident"], nullptr);
  const Json& il = said["jurisdictions"][0];
  EXPECT_EQ(il["jurisdiction"], "IL");
  EXPECT_EQ(il["via"], "named");
  EXPECT_EQ(il["verdict"], "blocked");
  EXPECT_EQ(il["leak"], true);
  EXPECT_EQ(il["policies"][0]["policy"], "il-ice");
  EXPECT_EQ(il["policies"][0]["why"], "covers ice; in force since 2025-01-15T06:00:00Z");
  EXPECT_THAT(raised(il), testing::ElementsAre("block_leak"));
}

TEST_F(Explain, OnlyAnAnswerIsALeak) {
  il_ice();
  for (const char* outcome : {"no_record", "rejected", "error", "unknown"}) {
    const Json said = with("outcome", outcome)["jurisdictions"][0];
    EXPECT_EQ(said["verdict"], "blocked") << outcome;
    EXPECT_EQ(said["leak"], false) << outcome;
  }
}

TEST_F(Explain, AnythingThatMustNotBeKeptIsNotRepeated) {
  il_ice();
  Json event = Json::parse(kEvent);
  event["id"] = "CANARY-id";
  event["message_key"] = "DQ/CANARY";
  event["origin"]["user"] = "CANARY";
  event["origin"]["line"] = "CNRY";
  event["subject"] = {{"name", "CANARY"}};
  event["attention"] = "CANARY";
  event["purpose"] = "ZX";
  event["destinations"] = Json::array({"IL", "CANARY 1"});
  event["results"] = Json::array({{{"destination", "CANARY 2"}, {"outcome", "answered"}}});
  for (const char* spoiled : {"", "outcome", "id", "destinations"}) {
    Json bad = event;
    if (*spoiled != 0) bad[spoiled] = Json::array({"CANARY"});
    const std::string said = of(bad.dump()).dump();
    EXPECT_THAT(said, Not(HasSubstr("CANARY"))) << spoiled;
    EXPECT_THAT(said, Not(HasSubstr("CNRY"))) << spoiled;
    EXPECT_THAT(said, Not(HasSubstr("ZX"))) << spoiled;
  }
}

TEST_F(Explain, EachReasonWhyABlockSaysNothingIsToldByItself) {
  PolicyRule& rule = il_ice();
  EXPECT_EQ(why_not(from("VTCBP0900")), "does not cover cbp");
  EXPECT_EQ(why_not(with("destinations", Json::array({"NY"}))), "is about other jurisdictions");
  EXPECT_EQ(why_not(with("time", "2024-12-31T23:59:59-06:00")), "not ordered before 2025-01-01T06:00:00Z");
  rule.ends_at = instant("2025-06-01T00:00:00Z");
  EXPECT_EQ(why_not(of(kEvent)), "ended at 2025-06-01T00:00:00Z");
  rule.ends_at = kNoTime;
  rule.channels = {"aamva", "web"};
  EXPECT_EQ(why_not(of(kEvent)), "covers only the channels aamva, web");
  rule.channels = {};
  rule.classes = {Class::registration};
  EXPECT_EQ(why_not(of(kEvent)), "does not cover class driver_license (it lists registration)");
  rule.photo = true;
  EXPECT_EQ(why_not(of(kEvent)),
            "does not cover class driver_license without photo (it lists registration, photo)");
  rule.classes = {};
  rule.photo = false;
  rule.except_agencies = {world.node("hsi")};
  EXPECT_EQ(why_not(from("VTHSI0900")), "carves out hsi");
  rule.except_agencies = {};
  rule.shadow = true;
  EXPECT_EQ(why_not(with("time", "2025-01-02T00:00:00Z")),
            "in shadow mode, which has no gap; it would block from 2025-01-15T06:00:00Z");
  rule.exceptions.resize(1);
  rule.exceptions[0].reference = "case 1";
  EXPECT_EQ(why_not(of(kEvent)), "in shadow mode, and the exception \"case 1\" holds");
}

TEST_F(Explain, AnExceptionIsNamedAndThoseThatDoNotHoldSayWhy) {
  PolicyRule& rule = il_ice();
  rule.exceptions.resize(4);
  rule.exceptions[0].reference = "for hsi";
  rule.exceptions[0].agencies = {world.node("hsi")};
  rule.exceptions[1].reference = "for crime";
  rule.exceptions[1].purposes = {"C"};
  rule.exceptions[2].reference = "later";
  rule.exceptions[2].validity.from = instant("2026-01-01T00:00:00Z");
  rule.exceptions[3].reference = "over";
  rule.exceptions[3].validity.to = instant("2025-02-01T00:00:00Z");
  const Json blocked = of(kEvent)["jurisdictions"][0]["policies"][0];
  EXPECT_EQ(blocked["verdict"], "blocked");
  std::vector<std::string> why;
  for (const Json& exception : blocked["exceptions"]) why.push_back(exception["why"]);
  EXPECT_THAT(why,
              testing::ElementsAre("holds only for hsi",
                                   "holds only for the purposes C, and the event names none of them",
                                   "starts only at 2026-01-01T00:00:00Z", "expired at 2025-02-01T00:00:00Z"));
  rule.exceptions[1].max_uses = 5;
  const Json excepted = with("purpose", "c")["jurisdictions"][0];
  EXPECT_EQ(excepted["verdict"], "excepted");
  EXPECT_EQ(excepted["policies"][0]["exception"], "for crime");
  EXPECT_THAT(excepted["policies"][0]["why"].get<std::string>(), HasSubstr("one of 5 uses"));
  EXPECT_THAT(raised(excepted), testing::IsEmpty());
}

TEST_F(Explain, APolicyOfTheSubtreesTopNamesTheNodeThatItLists) {
  il_ice();
  EXPECT_THAT(from("VTHSI0900")["jurisdictions"][0]["policies"][0]["why"].get<std::string>(),
              testing::StartsWith("covers ice with its subtree, hsi included; "));
}

TEST_F(Explain, ABroadcastByABlockedAgencyRaisesTwice) {
  il_ice();
  world.watch("eyes", {"IL"}, {"dhs"});
  const Json explained = with("destinations", Json::array({"NL"}));
  for (const Json& said : explained["jurisdictions"]) {
    if (said["jurisdiction"] == "IL") {
      EXPECT_EQ(said["via"], "nl");
      EXPECT_THAT(raised(said), testing::ElementsAre("block_leak", "broadcast_by_blocked", "watch"));
    } else {
      EXPECT_EQ(said["verdict"], "none");
      EXPECT_THAT(raised(said), testing::IsEmpty());
    }
  }
}

TEST_F(Explain, ARegionIsABroadcastToo) {
  il_ice();
  world.region("R2", {"IL"});
  EXPECT_THAT(raised(with("destinations", Json::array({"R2"}))["jurisdictions"][0]),
              testing::ElementsAre("block_leak", "broadcast_by_blocked"));
}

TEST_F(Explain, ALookAlikeNamesWhomItImitates) {
  il_ice();
  const Json asker = from("VT1CE09OO")["asker"];
  EXPECT_EQ(asker["agency"], "unknown");
  EXPECT_EQ(asker["incident"]["kind"], "lookalike_ori");
  EXPECT_EQ(asker["incident"]["agency"], "ice");
  EXPECT_EQ(asker["look_alikes"][0]["why"], "it looks like VTICE0900 of ice, which a block covers");
  EXPECT_EQ(from("VTCBPO900")["asker"]["look_alikes"][0]["why"],
            "it looks like VTCBP0900 of cbp, which no block in force or in its gap covers");
}

TEST_F(Explain, AnInactiveRowAndItsAbsenceAreTold) {
  world.row("VTOLD0001", "ice").validity.to = instant("2020-01-01T00:00:00Z");
  world.row("VTOFF0001", "ice").inactive = true;
  EXPECT_EQ(from("VTOLD0001")["asker"]["incident"]["why"], "no row of this ORI is valid at the event's time");
  EXPECT_EQ(from("VTOFF0001")["asker"]["incident"]["why"], "its row has status inactive");
  EXPECT_EQ(from("VTNEW0001")["asker"]["incident"]["kind"], "unknown_ori");
}

TEST_F(Explain, AMessageOfClassOtherIsNoObservation) {
  PolicyRule& rule = il_ice();
  Json said = with("message_key", "IQ");
  EXPECT_EQ(said["message"]["class"], "other");
  EXPECT_TRUE(said["jurisdictions"].empty());
  said = with("message_key", "AM");
  EXPECT_EQ(said["jurisdictions"][0]["verdict"], nullptr);
  EXPECT_THAT(raised(said["jurisdictions"][0]), testing::IsEmpty());
  rule.classes = {Class::other};
  said = with("message_key", "AM");
  EXPECT_THAT(raised(said["jurisdictions"][0]), testing::ElementsAre("side_channel"));
  EXPECT_EQ(said["jurisdictions"][0]["leak"], false);
  rule.enforce_from = instant("2026-01-01T00:00:00Z");
  EXPECT_EQ(why_not(with("message_key", "AM")), "says gap, and only a block in force makes a side channel");
}

TEST_F(Explain, AnAnswerIsOutOfScope) {
  EXPECT_EQ(with("message_key", "DR")["fate"], "out_of_scope");
  EXPECT_EQ(with("message_key", "dr/x")["fate"], "out_of_scope");
}

TEST_F(Explain, ARejectNamesItsReasonAndTheFieldAtFault) {
  const auto rejected = [&](const std::string& member, const Json& value) {
    const Json said = with(member, value);
    EXPECT_EQ(said["fate"], "rejected") << said;
    return said.value("reason", "") + " " + said.value("field", "-");
  };
  EXPECT_EQ(rejected("id", nullptr), "missing_field id");
  EXPECT_EQ(rejected("id", 7), "bad_value id");
  EXPECT_EQ(rejected("time", "yesterday"), "bad_time time");
  EXPECT_EQ(rejected("time", "2025-12-01T00:05:01Z"), "future_time time");
  EXPECT_EQ(rejected("time", "2015-01-01T00:00:00Z"), "before_retention time");
  EXPECT_EQ(rejected("origin", "VTICE0900"), "bad_value origin");
  EXPECT_EQ(rejected("origin", {{"line", "AX"}}), "missing_field origin.ori");
  EXPECT_EQ(rejected("origin", {{"ori", "VT"}}), "bad_ori origin.ori");
  EXPECT_EQ(rejected("origin", {{"ori", "VTICE0900"}, {"line", "TOOLONG"}}), "bad_value origin.line");
  EXPECT_EQ(rejected("destinations", Json::array({"IL", 7})), "bad_value destinations[1]");
  EXPECT_EQ(rejected("destinations", std::vector<std::string>(65, "IL")),
            "too_many_destinations destinations");
  EXPECT_EQ(rejected("destinations", Json::array({"nowhere at all"})), "bad_destination destinations");
  EXPECT_EQ(rejected("results",
                     Json::array({{{"destination", "IL"}, {"outcome", "error"}}, {{"destination", "IL"}}})),
            "missing_field results[1]");
}

TEST_F(Explain, ARejectOfBytesSaysWhereTheyBreak) {
  EXPECT_EQ(of("")["why"], "the record is empty");
  EXPECT_EQ(of("\xEF\xBB\xBF{}")["why"], "the record begins with a byte order mark");
  EXPECT_EQ(of(R"({"id":x})")["why"], "the JSON breaks at byte 7");
  EXPECT_EQ(of(R"({"id":18446744073709551616})")["why"], "an integer is beyond 64 bits");
  EXPECT_EQ(of(R"({"id":1e999})")["why"], "a number is beyond a finite double");
  EXPECT_EQ(of(std::string(65, '['))["why"], "more than 64 objects and arrays are open at once");
  EXPECT_EQ(of("{} x")["why"], "more than blanks follows the JSON value, which ends at byte 2");
  EXPECT_EQ(of("{\"a\":\"\xFF\"}")["why"], "the bytes are not UTF-8");
  EXPECT_EQ(of(R"({"a":"\ud800"})")["why"], "a \\u escape is half of a surrogate pair");
  EXPECT_EQ(of("[]")["reason"], "bad_value");
  EXPECT_FALSE(of("[]").contains("field"));
}

}  // namespace
}  // namespace blockwatch
