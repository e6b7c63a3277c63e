// Verdicts: each policy by itself, at event time.
#include <gtest/gtest.h>

#include "tests/unit/pipeline/world.h"

namespace blockwatch {
namespace {

const TimeNs kOrdered = instant("2025-01-01T06:00:00Z");
const TimeNs kEnforced = instant("2025-01-15T06:00:00Z");
const TimeNs kInForce = instant("2025-02-01T00:00:00Z");
const TimeNs kEnds = instant("2025-06-01T00:00:00Z");

class Judge : public testing::Test {
 public:
  Judge() {
    world.agency("dhs");
    world.agency("ice", "dhs");
    world.agency("hsi", "ice");
    world.agency("hsi_lab", "hsi");
    world.agency("cbp", "dhs");
    facts.time = kInForce;
    facts.jurisdiction = jurisdiction_from("IL").value();
    facts.node = world.node("ice");
    facts.cls = Class::driver_license;
    facts.channel = "nlets";
  }

  /// "strongest; id verdict, id verdict [reference]".
  std::string verdicts() { return told(&Ruleset::judge); }
  std::string strongest() { return verdicts().substr(0, verdicts().find(';')); }
  std::string strongest_at(TimeNs time) {
    facts.time = time;
    return strongest();
  }
  std::string strongest_of(std::string_view node) {
    facts.node = world.node(node);
    return strongest();
  }
  std::string side_channel() {
    const auto ruleset = world.compile();
    std::vector<PolicyMatch> matches;
    ruleset->judge_side_channel(facts, matches);
    return listed(*ruleset, matches);
  }
  PolicyRule& il_ice() { return world.block("il-ice", {"IL"}, {"ice"}, kEnforced); }

  World world;
  JudgedFacts facts;

 private:
  std::string told(Verdict (Ruleset::*judge)(const JudgedFacts&, std::vector<PolicyMatch>&) const) {
    const auto ruleset = world.compile();
    std::vector<PolicyMatch> matches;
    const Verdict verdict = (*ruleset.*judge)(facts, matches);
    return std::string(name_of(verdict)) + ";" + listed(*ruleset, matches);
  }
  static std::string listed(const Ruleset& ruleset, const std::vector<PolicyMatch>& matches) {
    std::string text;
    for (const PolicyMatch& match : matches) {
      const PolicyRule& rule = ruleset.rules().at(match.rule);
      text += " " + rule.id + " " + std::string(name_of(match.verdict));
      if (match.exception >= 0)
        text += " [" + rule.exceptions.at(static_cast<std::size_t>(match.exception)).reference + "]";
    }
    return text;
  }
};

TEST_F(Judge, WithoutAPolicyNothingIsSaid) {
  EXPECT_EQ(verdicts(), "none;");
}

TEST_F(Judge, ABlockIsAGapFromItsOrderAndBlocksFromEnforcementUntilItEnds) {
  PolicyRule& rule = il_ice();
  rule.ordered_at = kOrdered;
  rule.ends_at = kEnds;
  EXPECT_EQ(strongest_at(kOrdered - 1), "none");
  EXPECT_EQ(strongest_at(kOrdered), "gap");
  EXPECT_EQ(strongest_at(kEnforced - 1), "gap");
  EXPECT_EQ(strongest_at(kEnforced), "blocked");
  EXPECT_EQ(strongest_at(kEnds - 1), "blocked");
  EXPECT_EQ(strongest_at(kEnds), "none");
}

TEST_F(Judge, ABlockWithoutAnEndBlocksForEver) {
  il_ice();
  EXPECT_EQ(strongest_at(kEnforced - 1), "none");
  EXPECT_EQ(strongest_at(kTimeMax), "blocked");
}

TEST_F(Judge, AnOrderDatedAfterEnforcementChangesNothing) {
  il_ice().ordered_at = kEnforced + kDay;
  EXPECT_EQ(strongest_at(kEnforced - 1), "none");
  EXPECT_EQ(strongest_at(kEnforced), "blocked");
}

TEST_F(Judge, ABlockThatEndsBeforeItIsEnforcedOnlyEverWasAGap) {
  PolicyRule& rule = il_ice();
  rule.ordered_at = kOrdered;
  rule.ends_at = kEnforced - kDay;
  EXPECT_EQ(strongest_at(kEnforced - kDay - 1), "gap");
  EXPECT_EQ(strongest_at(kEnforced), "none");
}

TEST_F(Judge, ANodeCoversItsSubtreeLessItsCarveOuts) {
  PolicyRule& rule = il_ice();
  EXPECT_EQ(strongest_of("ice"), "blocked");
  EXPECT_EQ(strongest_of("hsi_lab"), "blocked");
  EXPECT_EQ(strongest_of("dhs"), "none");
  EXPECT_EQ(strongest_of("cbp"), "none");
  rule.except_agencies = {world.node("hsi")};
  EXPECT_EQ(strongest_of("ice"), "blocked");
  EXPECT_EQ(strongest_of("hsi"), "none");
  EXPECT_EQ(strongest_of("hsi_lab"), "none");
}

TEST_F(Judge, ReservedAgenciesMayStandInPolicies) {
  world.block("others", {"IL"}, {"unknown", "federal_unclassified"}, kEnforced);
  EXPECT_EQ(strongest_of("unknown"), "blocked");
  EXPECT_EQ(strongest_of("federal_unclassified"), "blocked");
  EXPECT_EQ(strongest_of("ambiguous"), "none");
  EXPECT_EQ(strongest_of("ice"), "none");
}

TEST_F(Judge, OnlyTheNamedJurisdictionsAreCoveredAndAStarIsAll) {
  il_ice();
  facts.jurisdiction = jurisdiction_from("NY").value();
  EXPECT_EQ(strongest(), "none");
  world.block("all", {"*"}, {"ice"}, kEnforced);
  EXPECT_EQ(verdicts(), "blocked; all blocked");
  facts.jurisdiction = jurisdiction_from("WY").value();
  EXPECT_EQ(verdicts(), "blocked; all blocked");
}

TEST_F(Judge, WithoutClassesEveryDmvClassIsCoveredAndOtherIsNot) {
  il_ice();
  for (const Class cls : {Class::driver_license, Class::driver_history, Class::registration}) {
    facts.cls = cls;
    EXPECT_EQ(strongest(), "blocked") << name_of(cls);
  }
  facts.cls = Class::other;
  EXPECT_EQ(strongest(), "none");
}

TEST_F(Judge, ListedClassesCoverNothingElse) {
  il_ice().classes = {Class::registration};
  EXPECT_EQ(strongest(), "none");
  facts.cls = Class::registration;
  EXPECT_EQ(strongest(), "blocked");
}

TEST_F(Judge, PhotoCoversMarkedObservationsOfAnyClass) {
  PolicyRule& rule = il_ice();
  rule.photo = true;
  EXPECT_EQ(strongest(), "none");
  facts.photo = true;
  EXPECT_EQ(strongest(), "blocked");
  rule.photo = false;
  rule.classes = {Class::registration};
  EXPECT_EQ(strongest(), "none");
  rule.photo = true;
  EXPECT_EQ(strongest(), "blocked");
  facts.photo = false;
  facts.cls = Class::registration;
  EXPECT_EQ(strongest(), "blocked");
}

TEST_F(Judge, ListedChannelsCoverNothingElse) {
  PolicyRule& rule = il_ice();
  facts.channel = "web";
  EXPECT_EQ(strongest(), "blocked");
  rule.channels = {"nlets", "aamva"};
  EXPECT_EQ(strongest(), "none");
  facts.channel = "aamva";
  EXPECT_EQ(strongest(), "blocked");
}

TEST_F(Judge, AShadowBlockIsShadowOnlyWhereItWouldBlock) {
  PolicyRule& rule = il_ice();
  rule.shadow = true;
  rule.ordered_at = kOrdered;
  EXPECT_EQ(strongest_at(kEnforced - 1), "none");
  EXPECT_EQ(strongest_at(kEnforced), "shadow");
  rule.exceptions.resize(1);
  EXPECT_EQ(verdicts(), "none;");
}

TEST_F(Judge, AWatchWatchesFromTheEarlierOfItsDatesUntilItEnds) {
  PolicyRule& rule = world.watch("eyes", {"IL"}, {"ice"});
  EXPECT_EQ(strongest_at(0), "watched");
  rule.enforce_from = kEnforced;
  rule.ends_at = kEnds;
  EXPECT_EQ(strongest_at(kEnforced - 1), "none");
  EXPECT_EQ(strongest_at(kEnforced), "watched");
  EXPECT_EQ(strongest_at(kEnds), "none");
  rule.ordered_at = kOrdered;
  EXPECT_EQ(strongest_at(kOrdered - 1), "none");
  EXPECT_EQ(strongest_at(kOrdered), "watched");
  rule.enforce_from = kNoTime;
  EXPECT_EQ(strongest_at(kOrdered - 1), "none");
  EXPECT_EQ(strongest_at(kOrdered), "watched");
}

class JudgeException : public Judge {
 public:
  PolicyException& exception(PolicyRule& rule, std::string_view reference) {
    PolicyException& made = rule.exceptions.emplace_back();
    made.reference = reference;
    return made;
  }
};

TEST_F(JudgeException, AnExceptionWithoutListsExceptsAllThatTheBlockCovers) {
  PolicyRule& rule = il_ice();
  exception(rule, "case 1");
  EXPECT_EQ(verdicts(), "excepted; il-ice excepted [case 1]");
}

TEST_F(JudgeException, AnExceptionHoldsFromItsStartUntilItExpires) {
  PolicyRule& rule = il_ice();
  exception(rule, "case 1").validity = {kInForce, kInForce + kDay};
  EXPECT_EQ(strongest_at(kInForce - 1), "blocked");
  EXPECT_EQ(strongest_at(kInForce), "excepted");
  EXPECT_EQ(strongest_at(kInForce + kDay - 1), "excepted");
  EXPECT_EQ(strongest_at(kInForce + kDay), "blocked");
}

TEST_F(JudgeException, AGapIsNotExcepted) {
  PolicyRule& rule = il_ice();
  rule.ordered_at = kOrdered;
  exception(rule, "case 1");
  EXPECT_EQ(strongest_at(kEnforced - 1), "gap");
}

TEST_F(JudgeException, AgenciesOfAnExceptionCoverTheirSubtrees) {
  PolicyRule& rule = il_ice();
  exception(rule, "case 1").agencies = {world.node("hsi")};
  EXPECT_EQ(strongest_of("ice"), "blocked");
  EXPECT_EQ(strongest_of("hsi"), "excepted");
  EXPECT_EQ(strongest_of("hsi_lab"), "excepted");
}

TEST_F(JudgeException, ListedPurposesAreNotMatchedByAnAbsentOne) {
  PolicyRule& rule = il_ice();
  exception(rule, "case 1").purposes = {"C", "J"};
  EXPECT_EQ(strongest(), "blocked");
  facts.purpose = "F";
  EXPECT_EQ(strongest(), "blocked");
  facts.purpose = "J";
  EXPECT_EQ(strongest(), "excepted");
}

TEST_F(JudgeException, TheFirstThatMatchesInFileOrderIsNamedWhateverItsUses) {
  PolicyRule& rule = il_ice();
  exception(rule, "case 1").purposes = {"C"};
  exception(rule, "case 2").max_uses = 0;
  exception(rule, "case 3");
  EXPECT_EQ(verdicts(), "excepted; il-ice excepted [case 2]");
  facts.purpose = "C";
  EXPECT_EQ(verdicts(), "excepted; il-ice excepted [case 1]");
}

TEST_F(Judge, EveryPolicyIsNamedInFileOrderAndTheStrongestCounts) {
  world.block("shadow", {"IL"}, {"dhs"}, kEnforced).shadow = true;
  PolicyRule& gap = world.block("gap", {"IL"}, {"ice"}, kEnds);
  gap.ordered_at = kOrdered;
  world.watch("watch", {"*"}, {"ice"});
  EXPECT_EQ(verdicts(), "gap; shadow shadow gap gap watch watched");
  world.block("excepted", {"IL"}, {"ice"}, kEnforced).exceptions.resize(1);
  EXPECT_EQ(verdicts(), "excepted; shadow shadow gap gap excepted excepted [] watch watched");
  il_ice();
  EXPECT_EQ(verdicts(), "blocked; shadow shadow gap gap excepted excepted [] il-ice blocked watch watched");
}

TEST_F(Judge, TheOrderOfStrengthIsBlockedExceptedGapWatchedShadow) {
  world.block("shadow", {"IL"}, {"ice"}, kEnforced).shadow = true;
  EXPECT_EQ(strongest(), "shadow");
  world.watch("watch", {"IL"}, {"ice"});
  EXPECT_EQ(strongest(), "watched");
  world.block("gap", {"IL"}, {"ice"}, kEnds).ordered_at = kOrdered;
  EXPECT_EQ(strongest(), "gap");
}

TEST_F(Judge, MatchesAreAppendedToWhatIsThere) {
  il_ice();
  std::vector<PolicyMatch> matches(3);
  EXPECT_EQ(world.compile()->judge(facts, matches), Verdict::blocked);
  EXPECT_EQ(matches.size(), 4U);
}

TEST_F(Judge, ASideChannelIsBlockedByAPolicyThatListsOther) {
  facts.cls = Class::other;
  PolicyRule& rule = il_ice();
  EXPECT_EQ(side_channel(), "");
  rule.classes = {Class::driver_license};
  rule.photo = true;
  facts.photo = true;  // no mark of a side channel
  EXPECT_EQ(side_channel(), "");
  rule.classes = {Class::driver_license, Class::other};
  EXPECT_EQ(side_channel(), " il-ice blocked");
}

TEST_F(Judge, ASideChannelHasTheChannelsDatesAndExceptionsOfThePolicy) {
  PolicyRule& rule = il_ice();
  rule.classes = {Class::other};
  rule.ordered_at = kOrdered;
  rule.channels = {"aamva"};
  EXPECT_EQ(side_channel(), "");
  facts.channel = "aamva";
  EXPECT_EQ(side_channel(), " il-ice blocked");
  facts.time = kEnforced - 1;
  EXPECT_EQ(side_channel(), "");
  facts.time = kEnforced;
  EXPECT_EQ(side_channel(), " il-ice blocked");
  rule.exceptions.resize(1);
  EXPECT_EQ(side_channel(), "");
}

TEST_F(Judge, NeitherShadowNorWatchMakesASideChannel) {
  PolicyRule& shadow = il_ice();
  shadow.shadow = true;
  shadow.classes = {Class::other};
  world.watch("watch", {"IL"}, {"ice"}).classes = {Class::other};
  EXPECT_EQ(side_channel(), "");
}

TEST_F(Judge, ThousandsOfPoliciesAreToldApart) {
  // Policy k is about jurisdiction k mod 56 and about ICE or CBP in turn: the lists must not be mixed up.
  for (std::size_t k = 0; k < 10'000; ++k) {
    const auto code = jurisdiction_code(static_cast<Jurisdiction>(k % kJurisdictionCount));
    world.block("p" + std::to_string(k), {code}, {k / kJurisdictionCount % 2 == 0 ? "ice" : "cbp"},
                kEnforced);
  }
  world.block("everyone", {"*"}, {"dhs"}, kEnforced);
  const auto ruleset = world.compile();
  for (Jurisdiction j = 0; j < kJurisdictionCount; ++j) {
    for (const char* agency : {"hsi", "cbp", "dhs"}) {
      facts.jurisdiction = j;
      facts.node = world.node(agency);
      std::vector<std::uint32_t> expected;
      for (std::uint32_t k = j; k < 10'000; k += kJurisdictionCount) {
        if (agency != std::string_view("dhs") &&
            (k / kJurisdictionCount % 2 == 0) == (agency == std::string_view("hsi"))) {
          expected.push_back(k);
        }
      }
      expected.push_back(10'000);
      std::vector<PolicyMatch> matches;
      ruleset->judge(facts, matches);
      std::vector<std::uint32_t> found;
      for (const PolicyMatch& match : matches) found.push_back(match.rule);
      EXPECT_EQ(found, expected) << jurisdiction_code(j) << " " << agency;
    }
  }
}

}  // namespace
}  // namespace blockwatch
