// The shipped examples load, and are what their comments say.
#include <cstdio>
#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "config/load.h"
#include "tests/unit/config/support.h"

namespace blockwatch {
namespace {

using testing_config::examples;
using testing_config::read_bytes;
using testing_config::texts;

class Examples : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Diagnostics diagnostics;
    loaded = load_configuration((examples() / "blockwatchd.toml").string(), diagnostics);
    ASSERT_TRUE(loaded) << texts(diagnostics);
  }
  static const Catalog& catalog() { return loaded->catalog; }
  static const Policy& policy() { return loaded->policy; }
  static std::vector<const OriRow*> rows(std::string_view ori) {
    std::vector<const OriRow*> out;
    for (const OriRow& row : catalog().oris) {
      if (row.ori.view() == ori) out.push_back(&row);
    }
    return out;
  }
  static std::optional<Configuration> loaded;
};
std::optional<Configuration> Examples::loaded;

TEST_F(Examples, Have18000OrisOn120Agencies) {
  std::set<std::string_view> oris;
  for (const OriRow& row : catalog().oris) oris.insert(row.ori.view());
  EXPECT_EQ(oris.size(), 18000U);
  EXPECT_EQ(catalog().nodes.size(), 120U + kReservedAgencies.size());
}

TEST_F(Examples, HaveALocalAgencyForEachJurisdiction) {
  for (Jurisdiction j = 0; j < kJurisdictionCount; ++j) {
    EXPECT_TRUE(catalog().node("local_" + std::string(jurisdiction_code(j)))) << jurisdiction_code(j);
  }
}

TEST_F(Examples, HaveTheDhsTree) {
  const auto below = catalog().subtree(*catalog().node("dhs"));
  for (const std::string_view id :
       {"ice", "ero", "hsi", "cbp", "ofo", "usbp", "amo", "uscis", "tsa", "uscg", "usss"}) {
    ASSERT_TRUE(catalog().node(id)) << id;
    EXPECT_TRUE(below[*catalog().node(id)]) << id;
  }
  EXPECT_FALSE(below[*catalog().node("fbi")]);
}

TEST_F(Examples, NameTheNationalCenterAsIce) {
  const auto found = rows("VTICE0900");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]->agency, catalog().node("ice"));
  EXPECT_TRUE(found[0]->validity.contains(testing_config::at("2025-11-12T00:00:00Z")));
  EXPECT_EQ(rows("VTINS07S0").size(), 1U);
}

TEST_F(Examples, MarkEveryOtherOriAsMadeUp) {
  for (const OriRow& row : catalog().oris) {
    if (row.ori.view() == "VTICE0900" || row.ori.view() == "VTINS07S0") continue;
    EXPECT_TRUE(row.name.ends_with("(made up)")) << row.ori.view();
  }
}

TEST_F(Examples, BlockIceInTheFourStatesOfTheLetterBeforeItsYearEnded) {
  std::set<std::string_view> states;
  for (const PolicyRule& rule : policy().rules) {
    if (rule.watch || rule.shadow) continue;
    std::vector<bool> covered(catalog().nodes.size());
    for (const NodeIndex top : rule.agencies) covered[top] = true;
    EXPECT_TRUE(covered[*catalog().node("ice")]) << rule.id;
    EXPECT_LT(rule.enforce_from, testing_config::at("2025-10-01T00:00:00Z")) << rule.id;
    rule.jurisdictions.for_each([&](Jurisdiction j) { states.insert(jurisdiction_code(j)); });
  }
  EXPECT_EQ(states, (std::set<std::string_view>{"IL", "MA", "MN", "NY"}));
}

TEST_F(Examples, HaveTheOrisThatTheScriptPrints) {
  const std::string command = "python3 '" + (examples() / "make_oris.py").string() + "'";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  ASSERT_TRUE(pipe);
  std::string printed;
  std::array<char, 65536> chunk{};
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe.get())) {
    printed.append(chunk.data(), n);
  }
  EXPECT_TRUE(printed == read_bytes(examples() / "oris.csv")) << "run: python3 make_oris.py > oris.csv";
}

}  // namespace
}  // namespace blockwatch
