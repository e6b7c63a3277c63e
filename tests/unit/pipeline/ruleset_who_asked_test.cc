// Who asked: exact ORI, pattern, line, type, and what is left.
#include <gtest/gtest.h>

#include "tests/unit/pipeline/world.h"

namespace blockwatch {
namespace {

const TimeNs kFrom = instant("2025-01-01T00:00:00Z");
const TimeNs kNoon = instant("2025-06-01T12:00:00Z");
const TimeNs kTo = instant("2026-01-01T00:00:00Z");

class WhoAsked : public testing::Test {
 public:
  WhoAsked() {
    world.agency("dhs");
    world.agency("ice", "dhs");
    world.agency("hsi", "ice");
    world.agency("cbp", "dhs");
  }

  /// "agency how", then " inactive" if the asker raises it.
  std::string asked(std::string_view text, std::string_view line = {}, TimeNs time = kNoon) {
    const auto ruleset = world.compile();
    const Asker asker = ruleset->resolve(ori(text), line, time);
    return ruleset->catalog().nodes.at(asker.node).id + " " + std::string(name_of(asker.how)) +
           (asker.inactive ? " inactive" : "");
  }
  Asker asker(std::string_view text, TimeNs time = kNoon) {
    return world.compile()->resolve(ori(text), {}, time);
  }

  World world;
};

TEST_F(WhoAsked, AnOriWithARowIsItsAgency) {
  world.row("VTICE0900", "ice");
  EXPECT_EQ(asked("VTICE0900"), "ice exact");
  EXPECT_TRUE(asker("VTICE0900").has_row);
}

TEST_F(WhoAsked, AnOriWithoutARowIsUnknownAndHasNone) {
  world.row("VTICE0900", "ice");
  EXPECT_EQ(asked("VTICE0901"), "unknown unknown");
  EXPECT_FALSE(asker("VTICE0901").has_row);
}

TEST_F(WhoAsked, ARowHoldsFromItsFirstInstantUntilJustBeforeItsLast) {
  world.row("VTICE0900", "ice").validity = {kFrom, kTo};
  EXPECT_EQ(asked("VTICE0900", {}, kFrom - 1), "unknown unknown inactive");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom), "ice exact");
  EXPECT_EQ(asked("VTICE0900", {}, kTo - 1), "ice exact");
  EXPECT_EQ(asked("VTICE0900", {}, kTo), "unknown unknown inactive");
}

TEST_F(WhoAsked, OfSeveralRowsOfOneOriTheOneOfTheTimeCounts) {
  world.row("VTICE0900", "hsi").validity = {kFrom, kNoTime};
  world.row("VTICE0900", "ice").validity = {kNoTime, kFrom};
  world.row("VTICE0901", "cbp");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom - 1), "ice exact");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom), "hsi exact");
  EXPECT_EQ(asked("VTICE0901"), "cbp exact");
}

TEST_F(WhoAsked, ASharedRowIsAmbiguousBeforeAnythingElse) {
  world.row("VTICE0900", "ice").shared = true;
  world.pattern("VT*", "hsi");
  EXPECT_EQ(asked("VTICE0900"), "ambiguous exact");
}

TEST_F(WhoAsked, AnInactiveRowStillNamesItsAgency) {
  world.row("VTICE0900", "ice").inactive = true;
  EXPECT_EQ(asked("VTICE0900"), "ice exact inactive");
}

TEST_F(WhoAsked, AnAgencyOutsideItsOwnDatesIsNoHit) {
  world.agency("bureau", "dhs", {kFrom, kTo});
  world.row("VTICE0900", "bureau");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom - 1), "unknown unknown inactive");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom), "bureau exact");
  EXPECT_EQ(asked("VTICE0900", {}, kTo - 1), "bureau exact");
  EXPECT_EQ(asked("VTICE0900", {}, kTo), "unknown unknown inactive");
}

TEST_F(WhoAsked, DatesOfAnAncestorDoNotMatter) {
  world.agency("department", {}, {kNoTime, kFrom});
  world.agency("office", "department");
  world.row("VTICE0900", "office");
  EXPECT_EQ(asked("VTICE0900"), "office exact");
}

TEST_F(WhoAsked, AnExpiredAgencyGivesWayToPatternThenLine) {
  world.agency("old", {}, {kNoTime, kFrom});
  world.row("VTICE0900", "old").line = "AX";
  world.line("AX", "cbp");
  EXPECT_EQ(asked("VTICE0900"), "cbp line");
  world.pattern("VTICE*", "hsi");
  EXPECT_EQ(asked("VTICE0900"), "hsi pattern");
}

TEST_F(WhoAsked, AQuestionMarkIsOneCharacterAndAStarAnyRun) {
  for (const auto& [pattern, hit] :
       std::vector<std::pair<std::string, bool>>{{"VTICE0900", true},
                                                 {"VTICE090", false},
                                                 {"VTICE09000", false},
                                                 {"?????????", true},
                                                 {"????????", false},
                                                 {"??????????", false},
                                                 {"*", true},
                                                 {"**", true},
                                                 {"??ICE*", true},
                                                 {"??ICE????", true},
                                                 {"??ICE???", false},
                                                 {"*ICE*", true},
                                                 {"*0900", true},
                                                 {"*0", true},
                                                 {"*09", false},
                                                 {"V*0", true},
                                                 {"V*9*0*", true},
                                                 {"*T*C*9*", true},
                                                 {"*C*T*", false},
                                                 {"VTICE0900*", true},
                                                 {"*VTICE0900", true},
                                                 {"VTICE0900?", false},
                                                 {"?*VTICE0900", false},
                                                 {"*0?", true},
                                                 {"W*", false},
                                                 {"?*?*?*?*?*?*?*?*?", true},
                                                 {"?*?*?*?*?*?*?*?*?*?", false}}) {
    world = World();
    world.agency("ice");
    world.pattern(pattern, "ice");
    EXPECT_EQ(asked("VTICE0900"), hit ? "ice pattern" : "unknown unknown") << pattern;
  }
}

TEST_F(WhoAsked, ThePatternWithMostLiteralsWinsThenTheLongestThenTheBytewiseFirst) {
  world.pattern("VT*", "dhs");
  world.pattern("??ICE*", "ice");
  EXPECT_EQ(asked("VTICE0900"), "ice pattern");
  world.pattern("VTI??????", "hsi");
  EXPECT_EQ(asked("VTICE0900"), "hsi pattern");
  world.pattern("??I??0???", "cbp");
  world.pattern("???CE0???", "dhs");
  EXPECT_EQ(asked("VTICE0900"), "dhs pattern");
}

TEST_F(WhoAsked, APatternWhoseAgencyIsOutsideItsDatesGivesWayToTheNext) {
  world.agency("old", {}, {kNoTime, kFrom});
  world.pattern("VTICE*", "old");
  world.pattern("VT*", "dhs");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom - 1), "old pattern");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom), "dhs pattern");
}

TEST_F(WhoAsked, APatternComesBeforeTheLineAndTheTypeAndAnEmptyAgency) {
  world.pattern("VTICE*", "ice");
  world.line("AX", "cbp");
  world.row("VTICE0900").type = "FE";
  EXPECT_EQ(asked("VTICE0900", "AX"), "ice pattern");
}

TEST_F(WhoAsked, TheLineOfTheEventNamesTheAsker) {
  world.line("AX", "ice");
  EXPECT_EQ(asked("ZZ0000000", "AX"), "ice line");
  EXPECT_EQ(asked("ZZ0000000", "AY"), "unknown unknown");
  EXPECT_EQ(asked("ZZ0000000"), "unknown unknown");
}

TEST_F(WhoAsked, TheLineOfTheEventHidesThatOfTheRowEvenIfNobodyKnowsIt) {
  world.line("AX", "ice");
  world.line("BX", "cbp");
  world.row("ZZ0000000").line = "AX";
  EXPECT_EQ(asked("ZZ0000000"), "ice line");
  EXPECT_EQ(asked("ZZ0000000", "BX"), "cbp line");
  EXPECT_EQ(asked("ZZ0000000", "QQ"), "unclassified exact");
}

TEST_F(WhoAsked, TheLineOfARowCountsOnlyWhileTheRowHolds) {
  world.line("AX", "ice");
  OriRow& row = world.row("ZZ0000000");
  row.line = "AX";
  row.validity = {kFrom, kNoTime};
  EXPECT_EQ(asked("ZZ0000000", {}, kFrom), "ice line");
  EXPECT_EQ(asked("ZZ0000000", {}, kFrom - 1), "unknown unknown inactive");
}

TEST_F(WhoAsked, ALineWhoseAgencyIsOutsideItsDatesIsNoHit) {
  world.agency("old", {}, {kNoTime, kFrom});
  world.line("AX", "old");
  EXPECT_EQ(asked("ZZ0000000", "AX", kFrom - 1), "old line");
  EXPECT_EQ(asked("ZZ0000000", "AX", kFrom), "unknown unknown");
}

TEST_F(WhoAsked, ARowOfTypeFederalOrJointIsFederalUnclassified) {
  world.row("ZZFE00000").type = "FE";
  world.row("ZZJF00000").type = "JF";
  world.row("ZZPD00000").type = "PD";
  EXPECT_EQ(asked("ZZFE00000"), "federal_unclassified type");
  EXPECT_EQ(asked("ZZJF00000"), "federal_unclassified type");
  EXPECT_EQ(asked("ZZPD00000"), "unclassified exact");
}

TEST_F(WhoAsked, AFederalRowWhoseAgencyIsOutsideItsDatesIsFederalUnclassified) {
  world.agency("old", {}, {kNoTime, kFrom});
  world.row("ZZFE00000", "old").type = "FE";
  world.row("ZZPD00000", "old").type = "PD";
  EXPECT_EQ(asked("ZZFE00000"), "federal_unclassified type");
  EXPECT_EQ(asked("ZZPD00000"), "unknown unknown inactive");
}

TEST_F(WhoAsked, AnExpiredRowResolvedByPatternIsStillInactive) {
  world.row("VTICE0900", "ice").validity = {kNoTime, kFrom};
  world.pattern("VTICE*", "hsi");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom - 1), "ice exact");
  EXPECT_EQ(asked("VTICE0900", {}, kFrom), "hsi pattern inactive");
}

class LookAlike : public WhoAsked {
 public:
  LookAlike() {
    world.row("VTICEO100", "ice");
    world.block("il-ice", {"IL"}, {"ice"}, kFrom);
  }
  std::string imitated(std::string_view text, TimeNs time = kNoon) {
    const Asker found = asker(text, time);
    return found.imitated == kNoNode ? "none" : world.compile()->catalog().nodes.at(found.imitated).id;
  }
};

TEST_F(LookAlike, AnOriWithoutARowThatReadsLikeABlockedOneImitatesItsAgency) {
  EXPECT_EQ(imitated("VTICE0100"), "ice");
  EXPECT_EQ(imitated("VT1CEOIOO"), "ice");
  EXPECT_EQ(asked("VTICE0100"), "unknown unknown");
}

TEST_F(LookAlike, AnyOtherOriImitatesNobody) {
  EXPECT_EQ(imitated("VTICE0200"), "none");
  EXPECT_EQ(imitated("VTLCE0100"), "none");
}

TEST_F(LookAlike, AnOriWithARowIsNoImitationEvenWhenTheRowIsExpired) {
  EXPECT_EQ(imitated("VTICEO100"), "none");
  world.row("VTICE0100", "cbp").validity = {kNoTime, kFrom};
  EXPECT_EQ(imitated("VTICE0100"), "none");
}

TEST_F(LookAlike, OnlyABlockInForceOrInItsGapCounts) {
  PolicyRule& rule = world.block("ny-cbp", {"NY"}, {"cbp"}, kNoon);
  rule.ordered_at = kFrom;
  rule.ends_at = kTo;
  world.row("VTCBPO100", "cbp");
  EXPECT_EQ(imitated("VTCBP0100", kFrom - 1), "none");
  EXPECT_EQ(imitated("VTCBP0100", kFrom), "cbp");
  EXPECT_EQ(imitated("VTCBP0100", kTo - 1), "cbp");
  EXPECT_EQ(imitated("VTCBP0100", kTo), "none");
}

TEST_F(LookAlike, BetweenTwoBlocksOfOneAgencyThereIsNoImitation) {
  world = World();
  world.agency("cbp");
  world.row("VTCBPO100", "cbp");
  world.block("first", {"NY"}, {"cbp"}, kFrom).ends_at = kFrom + kDay;
  world.block("touching", {"WA"}, {"cbp"}, kFrom + kDay).ends_at = kFrom + 2 * kDay;
  world.block("within", {"WA"}, {"cbp"}, kFrom + kHour).ends_at = kFrom + 2 * kHour;
  world.block("never", {"WA"}, {"cbp"}, kFrom + 3 * kDay).ends_at = kFrom + 3 * kDay;
  world.block("later", {"IL"}, {"cbp"}, kFrom + 5 * kDay);
  EXPECT_EQ(imitated("VTCBP0100", kFrom - 1), "none");
  EXPECT_EQ(imitated("VTCBP0100", kFrom + 3 * kHour), "cbp");
  EXPECT_EQ(imitated("VTCBP0100", kFrom + kDay), "cbp");
  EXPECT_EQ(imitated("VTCBP0100", kFrom + 2 * kDay - 1), "cbp");
  EXPECT_EQ(imitated("VTCBP0100", kFrom + 2 * kDay), "none");
  EXPECT_EQ(imitated("VTCBP0100", kFrom + 3 * kDay), "none");
  EXPECT_EQ(imitated("VTCBP0100", kFrom + 5 * kDay), "cbp");
  EXPECT_EQ(imitated("VTCBP0100", kTo + 1000 * kDay), "cbp");
}

TEST_F(LookAlike, ShadowBlocksAndWatchesDoNotCount) {
  world.row("VTCBPO100", "cbp");
  world.block("shadow", {"IL"}, {"cbp"}, kFrom).shadow = true;
  world.watch("watch", {"IL"}, {"cbp"});
  EXPECT_EQ(imitated("VTCBP0100"), "none");
}

TEST_F(LookAlike, TheImitatedRowMustHoldAndIsResolvedWithoutTheEventsLine) {
  world.row("VTHSIO100", "ice").validity = {kFrom, kTo};
  EXPECT_EQ(imitated("VTHSI0100", kFrom - 1), "none");
  EXPECT_EQ(imitated("VTHSI0100", kFrom), "ice");
  EXPECT_EQ(imitated("VTHSI0100", kTo), "none");
  world.row("VTXXXO100").line = "AX";
  world.line("AX", "ice");
  world.line("BX", "cbp");
  EXPECT_EQ(world.compile()->resolve(ori("VTXXX0100"), "BX", kNoon).imitated, world.node("ice"));
}

TEST_F(LookAlike, OfSeveralCoveredOrisTheBytewiseFirstIsImitated) {
  world.row("VTICE01OO", "hsi");  // bytewise before VTICEO100
  EXPECT_EQ(imitated("VTICE0100"), "hsi");
}

TEST_F(LookAlike, AnUncoveredOriBeforeACoveredOneIsPassedOver) {
  world.row("VTICE01OO", "cbp");
  EXPECT_EQ(imitated("VTICE0100"), "ice");
}

}  // namespace
}  // namespace blockwatch
