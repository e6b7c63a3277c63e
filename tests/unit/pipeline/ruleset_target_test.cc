// What one destination reaches.
#include <gtest/gtest.h>

#include "tests/unit/pipeline/world.h"

namespace blockwatch {
namespace {

const TimeNs kFrom = instant("2025-01-01T00:00:00Z");
const TimeNs kNoon = instant("2025-06-01T12:00:00Z");

class Destination : public testing::Test {
 public:
  /// "unusable", or "via: codes", then " unknown_code".
  std::string target(std::string_view text, TimeNs time = kNoon) {
    const Target found = world.compile()->target(text, time);
    if (!found.usable) return "unusable";
    std::string out = std::string(name_of(found.via)) + ":";
    found.jurisdictions.for_each([&](Jurisdiction j) { out += " " + std::string(jurisdiction_code(j)); });
    return out + (found.unknown_code ? " unknown_code" : "");
  }

  World world;
};

TEST_F(Destination, APostalCodeIsItsJurisdiction) {
  const auto ruleset = world.compile();
  for (Jurisdiction j = 0; j < kJurisdictionCount; ++j) {
    JurisdictionSet only;
    only.insert(j);
    const Target found = ruleset->target(jurisdiction_code(j), kNoon);
    EXPECT_EQ(found.jurisdictions, only) << jurisdiction_code(j);
    EXPECT_TRUE(found.usable && !found.unknown_code && found.via == Via::named) << jurisdiction_code(j);
  }
}

TEST_F(Destination, AKnownCodeThatIsNoJurisdictionReachesNone) {
  world.agency("ice");
  world.line("QX", "ice");
  for (const char* code : {"AB", "BC", "MB", "NB", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT", "AX", "NA",
                           "FB", "TC", "IP", "CN", "QX"}) {
    EXPECT_EQ(target(code), "named:") << code;
  }
}

TEST_F(Destination, AnyOtherTwoCharactersAreUsableAndUnknown) {
  for (const char* code : {"ZZ", "00", "9A", "A9", "QX"})
    EXPECT_EQ(target(code), "named: unknown_code") << code;
}

TEST_F(Destination, WhatIsNeitherCodeNorRegionNorOriIsUnusable) {
  for (const char* text :
       {"", "I", "ILL", "WEST", "VTICE090", "il", "I ", "I-", "VTICE-900", "VTICE 900", "é", "\xC3\xA9X"}) {
    EXPECT_EQ(target(text), "unusable") << text;
  }
}

TEST_F(Destination, ARegionIsItsMembers) {
  world.region("WEST", {"WA", "OR", "CA"});
  world.region("NE1", {"VT"});
  world.region("R1", {"NY", "NJ"});
  world.region("NONE", {});
  EXPECT_EQ(target("WEST"), "region: CA OR WA");
  EXPECT_EQ(target("NE1"), "region: VT");
  EXPECT_EQ(target("R1"), "region: NJ NY");
  EXPECT_EQ(target("NONE"), "region:");
}

TEST_F(Destination, NlIsAll56UnlessTheCatalogSaysOtherwise) {
  const Target all = world.compile()->target("NL", kNoon);
  EXPECT_EQ(all.jurisdictions, JurisdictionSet::all());
  EXPECT_EQ(all.via, Via::nl);
  world.region("NL", {"IL"});
  EXPECT_EQ(target("NL"), "nl: IL");
}

TEST_F(Destination, ARegionMayBearAForeignCode) {
  world.region("ON", {"MI"});
  EXPECT_EQ(target("ON"), "region: MI");
}

TEST_F(Destination, AnOriIsTheStateOfTheRowThatHolds) {
  OriRow& row = world.row("VT0000000");
  row.state = "NH";
  row.validity = {kFrom, kNoTime};
  EXPECT_EQ(target("VT0000000", kFrom), "named: NH");
  EXPECT_EQ(target("VT0000000", kFrom - 1), "named: VT");
}

TEST_F(Destination, AnOriOfAFederalOrJointRowReachesNone) {
  for (const char* type : {"FE", "JF"}) {
    world = World();
    OriRow& row = world.row("VT0000000");
    row.state = "VT";
    row.type = type;
    EXPECT_EQ(target("VT0000000"), "named:") << type;
  }
}

TEST_F(Destination, ARowWithoutAStateOfOursReachesNone) {
  world.row("VT0000000");
  world.row("VT0000001").state = "ON";
  world.row("VT0000002").state = "NB";
  EXPECT_EQ(target("VT0000000"), "named:");
  EXPECT_EQ(target("VT0000001"), "named:");
  EXPECT_EQ(target("VT0000002"), "named:");
}

TEST_F(Destination, AnOriWithoutARowIsItsFirstTwoCharacters) {
  EXPECT_EQ(target("IL0000000"), "named: IL");
  EXPECT_EQ(target("NB0000000"), "named: NE");
  EXPECT_EQ(target("NE0000000"), "named: NE");
  EXPECT_EQ(target("ON0000000"), "named:");
  EXPECT_EQ(target("000000000"), "named:");
}

}  // namespace
}  // namespace blockwatch
