#include "config/catalog.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/hash.h"
#include "tests/unit/config/support.h"

namespace blockwatch {
namespace {

using testing_config::at;
using testing_config::catalog_of;

constexpr const char* kTree = R"(
[[agency]]
id = "hsi"
parent = "USICE"                    # an alias, and of an agency that comes later
[[agency]]
id = "ice"
name = "Immigration and Customs Enforcement"
parent = "dhs"
aliases = ["USICE", "ice"]
valid_from = 2003-03-01
valid_to = "2099-01-01T00:00:00-06:00"
tags = ["a", "b"]
[[agency]]
id = "dhs"
[[agency]]
id = "fbi"
)";

std::vector<std::string> ids_of(const Catalog& catalog, const std::vector<bool>& marks) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i]) ids.push_back(catalog.nodes[i].id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(Catalog, HoldsTheReservedAgenciesFirstThenTheFiles) {
  const Catalog c = catalog_of(kTree);
  ASSERT_EQ(c.nodes.size(), 8U);
  for (std::size_t i = 0; i < kReservedAgencies.size(); ++i) EXPECT_EQ(c.nodes[i].id, kReservedAgencies[i]);
  EXPECT_EQ(c.nodes[4].id, "hsi");
  EXPECT_EQ(c.nodes[7].id, "fbi");
  EXPECT_EQ(c.node("unknown"), static_cast<NodeIndex>(ReservedAgency::unknown));
}

TEST(Catalog, ReadsAllKeysOfAnAgency) {
  const Catalog c = catalog_of(kTree);
  const AgencyNode& ice = c.nodes[*c.node("ice")];
  EXPECT_EQ(ice.name, "Immigration and Customs Enforcement");
  EXPECT_EQ(ice.parent, c.node("dhs"));
  EXPECT_EQ(ice.tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ice.validity.from, at("2003-03-01T00:00:00Z"));
  EXPECT_EQ(ice.validity.to, at("2099-01-01T06:00:00Z"));
  EXPECT_EQ(c.nodes[*c.node("fbi")].parent, kNoNode);
}

TEST(Catalog, FindsNodesByIdAndAlias) {
  const Catalog c = catalog_of(kTree);
  EXPECT_EQ(c.node("USICE"), c.node("ice"));
  EXPECT_EQ(c.node("usice"), std::nullopt) << "names are compared as they are";
  EXPECT_EQ(c.node(""), std::nullopt);
}

TEST(Subtree, HoldsTheNodeAndAllBelowIt) {
  const Catalog c = catalog_of(kTree);
  EXPECT_EQ(ids_of(c, c.subtree(*c.node("dhs"))), (std::vector<std::string>{"dhs", "hsi", "ice"}));
  EXPECT_EQ(ids_of(c, c.subtree(*c.node("ice"))), (std::vector<std::string>{"hsi", "ice"}));
  EXPECT_EQ(ids_of(c, c.subtree(*c.node("hsi"))), (std::vector<std::string>{"hsi"}));
  EXPECT_EQ(ids_of(c, c.subtree(*c.node("unknown"))), (std::vector<std::string>{"unknown"}));
}

TEST(Patterns, AreInTheOrderInWhichTheyAreTried) {
  const Catalog c = catalog_of(std::string(kTree) + R"(
[[pattern]]
pattern = "*"
agency = "fbi"
[[pattern]]
pattern = "??ICE*"
agency = "fbi"
[[pattern]]
pattern = "VTICE*"
agency = "ice"
[[pattern]]
pattern = "??HSI????"
agency = "hsi"
[[pattern]]
pattern = "??ICE*"
agency = "ice"
[[pattern]]
pattern = "??ABC*"
agency = "ice"
)");
  std::vector<std::string> order;
  for (const OriPattern& p : c.patterns) order.push_back(p.pattern + ' ' + c.nodes[p.agency].id);
  // Most literal characters, then longest, then bytewise, then file order.
  EXPECT_EQ(order, (std::vector<std::string>{"VTICE* ice", "??HSI???? hsi", "??ABC* ice", "??ICE* fbi",
                                             "??ICE* ice", "* fbi"}));
}

TEST(Lines, NameAnAgencyByIdOrAlias) {
  const Catalog c = catalog_of(std::string(kTree) + "[[line]]\ncode = \"AX\"\nagency = \"USICE\"\n");
  ASSERT_EQ(c.lines.size(), 1U);
  EXPECT_EQ(c.lines.at("AX"), c.node("ice"));
}

TEST(Regions, HoldNlAsAll56UnlessTheFileSaysOtherwise) {
  const Catalog all =
      catalog_of(std::string(kTree) + "[[region]]\ncode = \"R1\"\nmembers = [\"NY\", \"MA\"]\n");
  EXPECT_EQ(all.regions.at("NL"), JurisdictionSet::all());
  EXPECT_TRUE(all.regions.at("R1").contains(*jurisdiction_from("MA")));
  EXPECT_FALSE(all.regions.at("R1").contains(*jurisdiction_from("IL")));
  const Catalog own = catalog_of(std::string(kTree) + "[[region]]\ncode = \"NL\"\nmembers = [\"IL\"]\n");
  JurisdictionSet il;
  il.insert(*jurisdiction_from("IL"));
  EXPECT_EQ(own.regions.at("NL"), il);
}

TEST(Oris, ReadAllCells) {
  const Catalog c =
      catalog_of(kTree,
                 "VTICE0900,USICE,\"Center, "
                 "national\",FE,inactive,AX,VT,2003-03-01,2099-01-01T00:00:00-06:00,x;shared;y\n"
                 " ilpd00001 ,,,PD,whatever,,,,,notshared\n"
                 "ILPD00002\n");
  ASSERT_EQ(c.oris.size(), 3U);
  const OriRow& vt = c.oris[2];
  EXPECT_EQ(vt.ori.view(), "VTICE0900");
  EXPECT_EQ(vt.agency, c.node("ice"));
  EXPECT_EQ(vt.name, "Center, national");
  EXPECT_EQ(vt.type, "FE");
  EXPECT_TRUE(vt.inactive);
  EXPECT_TRUE(vt.shared);
  EXPECT_EQ(vt.line, "AX");
  EXPECT_EQ(vt.state, "VT");
  EXPECT_EQ(vt.validity.from, at("2003-03-01T00:00:00Z"));
  EXPECT_EQ(vt.validity.to, at("2099-01-01T06:00:00Z"));
  const OriRow& il = c.oris[0];
  EXPECT_EQ(il.ori.view(), "ILPD00001") << "trimmed and upper-cased";
  EXPECT_EQ(il.agency, kNoNode);
  EXPECT_FALSE(il.inactive) << "any status but inactive is active";
  EXPECT_FALSE(il.shared);
  EXPECT_EQ(c.oris[1].validity.from, kNoTime) << "a short row: the other cells are empty";
}

TEST(Oris, AreSortedByOriThenByTime) {
  const Catalog c = catalog_of(kTree,
                               "VTICE0900,ice,third,,,,,2010-01-01,,\n"
                               "VTICE0900,ice,first,,,,,,2003-03-01,\n"
                               "AAICE0900,ice,other\n"
                               "VTICE0900,ice,second,,,,,2003-03-01,2010-01-01,\n");
  std::string order;
  for (const OriRow& row : c.oris) order += row.name + ' ';
  EXPECT_EQ(order, "other first second third ");
}

TEST(Oris, AcceptCrlf) {
  Diagnostics diagnostics;
  const auto c = parse_catalog("a", kTree, "o",
                               "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\r\nVTICE0900,"
                               "ice,x,FE,active,AX,VT,,,shared\r\n",
                               diagnostics);
  ASSERT_TRUE(c) << testing_config::texts(diagnostics);
  EXPECT_TRUE(c->oris[0].shared);
}

TEST(CatalogDigest, IsThatOfAgenciesUnitSeparatorOris) {
  const Catalog c = catalog_of(kTree, "VTICE0900,ice\n");
  EXPECT_EQ(c.digest, to_hex(sha256(c.agencies_bytes + '\x1F' + c.oris_bytes)));
  EXPECT_EQ(c.agencies_bytes, kTree);
  EXPECT_TRUE(c.oris_bytes.ends_with("VTICE0900,ice\n"));
}

}  // namespace
}  // namespace blockwatch
