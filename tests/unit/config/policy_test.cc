#include "config/policy.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/hash.h"
#include "tests/unit/config/support.h"

namespace blockwatch {
namespace {

using testing_config::at;
using testing_config::catalog_of;
using testing_config::policy_of;

constexpr const char* kAgencies = R"(
[[agency]]
id = "ice"
aliases = ["USICE"]
[[agency]]
id = "hsi"
parent = "ice"
[[agency]]
id = "cbp"
)";

const char* const kWhole = R"(
[[watch]]
id = "w"
jurisdictions = ["*"]
agencies = ["cbp", "unknown"]

[[block]]
id = "il-ice"
jurisdictions = ["IL", "NY"]
agencies = ["USICE", "ambiguous"]
except_agencies = ["hsi"]
classes = ["driver_license", "photo"]
channels = ["NLETS", "leads"]
ordered_at = 2025-01-01T00:00:00-06:00
enforce_from = 2025-01-15T00:00:00-06:00
ends_at = 2030-01-01
authority = "text"
mode = "shadow"
[[block.exception]]
reference = "case 24-117"
agencies = ["ice"]
purposes = ["C", "E1"]
starts_at = 2025-02-01T00:00:00-06:00
expires_at = "2025-03-01"
max_uses = 5
[[block.exception]]
reference = "open/ended"

[[block]]
id = "plain"
jurisdictions = ["MA"]
agencies = ["ice"]
enforce_from = 2025-01-15
)";

TEST(Policy, HoldsBlocksThenWatchesEachInFileOrder) {
  const Policy p = policy_of(kWhole, catalog_of(kAgencies));
  ASSERT_EQ(p.rules.size(), 3U);
  EXPECT_EQ(p.rules[0].id, "il-ice");
  EXPECT_EQ(p.rules[1].id, "plain");
  EXPECT_EQ(p.rules[2].id, "w");
  EXPECT_TRUE(p.rules[2].watch);
  EXPECT_FALSE(p.rules[0].watch);
}

TEST(Block, ReadsAllItsKeys) {
  const Catalog c = catalog_of(kAgencies);
  const PolicyRule rule = policy_of(kWhole, c).rules[0];
  JurisdictionSet il_ny;
  il_ny.insert(*jurisdiction_from("IL"));
  il_ny.insert(*jurisdiction_from("NY"));
  EXPECT_EQ(rule.jurisdictions, il_ny);
  EXPECT_EQ(rule.agencies, (std::vector<NodeIndex>{*c.node("ice"), *c.node("ambiguous")}))
      << "aliases and reserved nodes may stand";
  EXPECT_EQ(rule.except_agencies, (std::vector<NodeIndex>{*c.node("hsi")}));
  EXPECT_EQ(rule.classes, (std::vector<Class>{Class::driver_license}));
  EXPECT_TRUE(rule.photo);
  EXPECT_TRUE(rule.lists_classes());
  EXPECT_EQ(rule.channels, (std::vector<std::string>{"nlets", "leads"})) << "lower-cased";
  EXPECT_EQ(rule.ordered_at, at("2025-01-01T06:00:00Z"));
  EXPECT_EQ(rule.enforce_from, at("2025-01-15T06:00:00Z"));
  EXPECT_EQ(rule.ends_at, at("2030-01-01T00:00:00Z"));
  EXPECT_EQ(rule.authority, "text");
  EXPECT_TRUE(rule.shadow);
}

TEST(Block, OrderedAtDefaultsToEnforceFrom) {
  const PolicyRule rule = policy_of(kWhole, catalog_of(kAgencies)).rules[1];
  EXPECT_EQ(rule.ordered_at, at("2025-01-15T00:00:00Z"));
  EXPECT_EQ(rule.ordered_at, rule.enforce_from);
  EXPECT_EQ(rule.ends_at, kNoTime);
  EXPECT_FALSE(rule.shadow);
  EXPECT_FALSE(rule.lists_classes()) << "none = every DMV class";
  EXPECT_TRUE(rule.channels.empty());
}

TEST(Exception, ReadsAllItsKeys) {
  const Catalog c = catalog_of(kAgencies);
  const PolicyRule rule = policy_of(kWhole, c).rules[0];
  ASSERT_EQ(rule.exceptions.size(), 2U);
  const PolicyException& first = rule.exceptions[0];
  EXPECT_EQ(first.reference, "case 24-117");
  EXPECT_EQ(first.agencies, (std::vector<NodeIndex>{*c.node("ice")}));
  EXPECT_EQ(first.purposes, (std::vector<std::string>{"C", "E1"}));
  EXPECT_EQ(first.validity.from, at("2025-02-01T06:00:00Z"));
  EXPECT_EQ(first.validity.to, at("2025-03-01T00:00:00Z"));
  EXPECT_EQ(first.max_uses, 5U);
  const PolicyException& open = rule.exceptions[1];
  EXPECT_TRUE(open.agencies.empty());
  EXPECT_TRUE(open.purposes.empty());
  EXPECT_EQ(open.validity.from, kNoTime);
  EXPECT_EQ(open.validity.to, kNoTime);
  EXPECT_EQ(open.max_uses, std::nullopt);
}

TEST(Watch, MayHaveNoDatesOrThemInAnyOrder) {
  const Catalog c = catalog_of(kAgencies);
  EXPECT_EQ(policy_of(kWhole, c).rules[2].ordered_at, kNoTime);
  EXPECT_EQ(policy_of(kWhole, c).rules[2].enforce_from, kNoTime);
  EXPECT_EQ(policy_of(kWhole, c).rules[2].jurisdictions, JurisdictionSet::all());
  const PolicyRule rule =
      policy_of(
          "[[watch]]\nid = \"w\"\njurisdictions = [\"IL\"]\nagencies = [\"ice\"]\nordered_at = "
          "2025-02-01\nenforce_from = 2025-01-01\nends_at = 2025-01-15\n",
          c)
          .rules[0];
  EXPECT_EQ(rule.ordered_at, at("2025-02-01T00:00:00Z"));
  EXPECT_EQ(rule.enforce_from, at("2025-01-01T00:00:00Z"));
}

TEST(Policy, MayBeEmpty) {
  const Policy p = policy_of("", catalog_of(kAgencies));
  EXPECT_TRUE(p.rules.empty());
  EXPECT_EQ(p.digest, to_hex(sha256("")));
}

TEST(PolicyDigest, IsThatOfTheFilesBytes) {
  const Policy p = policy_of(kWhole, catalog_of(kAgencies));
  EXPECT_EQ(p.bytes, kWhole);
  EXPECT_EQ(p.digest, to_hex(sha256(kWhole)));
}

TEST(Times, MayBeTomlTimesTomlDatesOrText) {
  const Catalog c = catalog_of(kAgencies);
  const auto enforced = [&](const std::string& time) {
    return policy_of(
               "[[block]]\nid = \"b\"\njurisdictions = [\"IL\"]\nagencies = [\"ice\"]\nenforce_from = " +
                   time + "\n",
               c)
        .rules.at(0)
        .enforce_from;
  };
  const TimeNs expected = at("2025-01-15T00:00:00Z");
  EXPECT_EQ(enforced("2025-01-15"), expected);
  EXPECT_EQ(enforced("\"2025-01-15\""), expected);
  EXPECT_EQ(enforced("2025-01-15T00:00:00Z"), expected);
  EXPECT_EQ(enforced("2025-01-14 18:00:00-06:00"), expected);
  EXPECT_EQ(enforced("2025-01-15T05:30:00+05:30"), expected);
  EXPECT_EQ(enforced("\"2025-01-14T18:00-06:00\""), expected);
  EXPECT_EQ(enforced("2025-01-15T00:00:00.123456789Z"), expected + 123'456'789);
}

}  // namespace
}  // namespace blockwatch
