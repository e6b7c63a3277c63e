// One message becomes one reach entry per jurisdiction.
#include "pipeline/expand.h"

#include <gtest/gtest.h>

#include "tests/unit/pipeline/world.h"

namespace blockwatch {
namespace {

class Expand : public testing::Test {
 public:
  Expand() {
    world.region("WEST", {"CA", "OR", "WA"});
    world.region("COAST", {"CA", "NY"});
    event.key.assign("DQ");
    event.outcome = Outcome::unknown;
  }

  void to(std::initializer_list<std::string_view> destinations) {
    event.destinations.clear();
    for (const std::string_view d : destinations) event.destinations.emplace_back(d);
  }
  void result(std::string_view destination, Outcome outcome) {
    event.results.push_back({DestinationText(destination), outcome});
  }
  /// "code via outcome, …", or the reason.
  std::string reach() {
    const auto reason = expand(event, *world.compile(), expansion);
    if (reason) return std::string(name_of(*reason));
    std::string text;
    for (const Reach& r : expansion.reach) {
      if (!text.empty()) text += ", ";
      text += std::string(jurisdiction_code(r.jurisdiction)) + " " + std::string(name_of(r.via)) + " " +
              std::string(name_of(r.outcome));
    }
    return text;
  }

  World world;
  QueryEvent event;
  Expansion expansion;
};

TEST_F(Expand, AJurisdictionIsOneObservationHoweverOftenItIsNamed) {
  to({"NY", "IL", "NY", "IL0000000"});
  EXPECT_EQ(reach(), "IL named unknown, NY named unknown");
}

TEST_F(Expand, ViaIsTheMostDirectWay) {
  to({"NL"});
  EXPECT_EQ(reach().substr(0, 28), "AK nl unknown, AL nl unknown");
  EXPECT_EQ(expansion.reach.size(), 56U);
  to({"WEST", "CA"});
  EXPECT_EQ(reach(), "CA named unknown, OR region unknown, WA region unknown");
  world.region("NL", {"OR", "WY"});
  to({"NL", "WEST", "CA0000000"});
  EXPECT_EQ(reach(), "CA named unknown, OR region unknown, WA region unknown, WY nl unknown");
}

TEST_F(Expand, TheOutcomeOfTheMessageHoldsForAllDestinations) {
  event.outcome = Outcome::no_record;
  to({"IL", "NY"});
  EXPECT_EQ(reach(), "IL named no_record, NY named no_record");
}

TEST_F(Expand, AResultOverridesTheOutcomeOfWhatItNames) {
  event.outcome = Outcome::answered;
  to({"IL", "NY"});
  result("NY", Outcome::unknown);
  EXPECT_EQ(reach(), "IL named answered, NY named unknown");
}

TEST_F(Expand, AResultByCodeOrOriBeatsOneByRegionAndThatOneByNl) {
  to({"NL"});
  world.region("NL", {"CA", "OR", "WY"});
  result("NL", Outcome::answered);
  result("WEST", Outcome::rejected);
  result("CA0000000", Outcome::error);
  EXPECT_EQ(reach(), "CA nl error, OR nl rejected, WY nl answered");
}

TEST_F(Expand, TheOrderOfResultsDoesNotMatter) {
  to({"CA"});
  result("CA", Outcome::error);
  result("WEST", Outcome::answered);
  EXPECT_EQ(reach(), "CA named error");
}

TEST_F(Expand, OfSeveralResultsOfOneRankTheStrongestOutcomeCounts) {
  to({"CA"});
  const std::vector<std::pair<Outcome, std::string>> weaker_to_stronger{{Outcome::unknown, "unknown"},
                                                                        {Outcome::error, "error"},
                                                                        {Outcome::rejected, "rejected"},
                                                                        {Outcome::no_record, "no_record"},
                                                                        {Outcome::answered, "answered"}};
  for (const auto& [outcome, name] : weaker_to_stronger) {
    result("CA", outcome);
    EXPECT_EQ(reach(), "CA named " + name);
  }
  result("CA0000000", Outcome::unknown);
  EXPECT_EQ(reach(), "CA named answered");
  event.results.clear();
  result("WEST", Outcome::rejected);
  result("COAST", Outcome::no_record);
  EXPECT_EQ(reach(), "CA named no_record");
}

TEST_F(Expand, AResultThatTheMessageDoesNotReachIsAStrayOncePerJurisdiction) {
  to({"IL"});
  result("NY", Outcome::answered);
  result("COAST", Outcome::answered);
  result("NY0000000", Outcome::error);
  EXPECT_EQ(reach(), "IL named unknown");
  EXPECT_EQ(expansion.stray_results, 2U);
  result("NL", Outcome::rejected);
  EXPECT_EQ(reach(), "IL named rejected");
  EXPECT_EQ(expansion.stray_results, 55U);
}

TEST_F(Expand, AnUnusableOrForeignResultIsIgnored) {
  to({"IL"});
  result("", Outcome::answered);
  result("ON", Outcome::answered);
  result("ZZ", Outcome::answered);
  EXPECT_EQ(reach(), "IL named unknown");
  EXPECT_EQ(expansion.stray_results, 0U);
  EXPECT_EQ(expansion.unknown_codes, 0U);
  EXPECT_EQ(expansion.bad_destinations, 0U);
}

TEST_F(Expand, UnusableDestinationsAreCountedAndTheOthersStand) {
  to({"", "IL", "FAR", "WEST?"});
  EXPECT_EQ(reach(), "IL named unknown");
  EXPECT_EQ(expansion.bad_destinations, 3U);
}

TEST_F(Expand, AMessageWithoutAnyUsableDestinationIsABadDestination) {
  to({});
  EXPECT_EQ(reach(), "bad_destination");
  to({"", "FAR"});
  EXPECT_EQ(reach(), "bad_destination");
}

TEST_F(Expand, AUsableDestinationThatReachesNothingMakesAMessageOfClassOther) {
  event.photo_requested = true;
  for (const char* destination : {"NA", "ON", "ZZ", "ON0000000"}) {
    to({destination});
    EXPECT_EQ(reach(), "") << destination;
    EXPECT_EQ(expansion.cls, Class::other);
    EXPECT_FALSE(expansion.photo);
  }
}

TEST_F(Expand, UnknownCodesAreCountedByEntry) {
  to({"ZZ", "ZZ", "Q9", "IL", "ON", "WEST"});
  reach();
  EXPECT_EQ(expansion.unknown_codes, 3U);
}

TEST_F(Expand, TheClassIsThatOfTheKey) {
  to({"IL"});
  for (const auto& [key, cls] : std::vector<std::pair<std::string, std::string>>{{"DQ", "driver_license"},
                                                                                 {"DQG", "driver_license"},
                                                                                 {"DNQ", "driver_license"},
                                                                                 {"KQ", "driver_history"},
                                                                                 {"RQ", "registration"},
                                                                                 {"RQG", "registration"},
                                                                                 {"RNQ", "registration"},
                                                                                 {"RPQ", "registration"},
                                                                                 {"AM", "other"},
                                                                                 {"DR", "other"},
                                                                                 {"IMQ", "other"},
                                                                                 {"X", "other"}}) {
    event.key.assign(key);
    reach();
    EXPECT_EQ(name_of(expansion.cls), cls) << key;
  }
}

TEST_F(Expand, APhotoIsAMarkOnObservationsOnly) {
  to({"IL"});
  event.photo_requested = true;
  reach();
  EXPECT_TRUE(expansion.photo);
  event.key.assign("AM");
  reach();
  EXPECT_FALSE(expansion.photo);
}

TEST_F(Expand, AnExpansionThatIsUsedAgainKeepsNothing) {
  to({"ZZ", "FAR", "IL"});
  result("NY", Outcome::error);
  event.photo_requested = true;
  reach();
  event = QueryEvent();
  event.key.assign("AM");
  to({"NY"});
  EXPECT_EQ(reach(), "NY named unknown");
  EXPECT_EQ(expansion.cls, Class::other);
  EXPECT_FALSE(expansion.photo);
  EXPECT_EQ(expansion.bad_destinations + expansion.unknown_codes + expansion.stray_results, 0U);
}

}  // namespace
}  // namespace blockwatch
