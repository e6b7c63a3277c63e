// A recorded history of versions: what is read, and what is refused by name.
#include "config/policy_history.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"

namespace blockwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kAgencies = "[[agency]]\nid = \"ice\"\n";
constexpr const char* kOris = "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\n";
constexpr const char* kPolicy =
    "[[block]]\nid = \"x\"\njurisdictions = [\"IL\"]\nagencies = [\"ice\"]\nenforce_from = 2025-01-15\n";

class PolicyHistoryTest : public testing::Test {
 protected:
  PolicyHistoryTest() {
    std::string pattern = testing::TempDir() + "bw-history-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    write("p0.toml", kPolicy);
    write("p1.toml", std::string(kPolicy) + "# later\n");
    write("a.toml", kAgencies);
    write("o.csv", kOris);
    write("other.toml", "[[agency]]\nid = \"cbp\"\n");
    configured_.policy.digest = "configured policy";
    configured_.policy.bytes = kPolicy;
    configured_.catalog.agencies_bytes = kAgencies;
    configured_.catalog.oris_bytes = kOris;
  }
  ~PolicyHistoryTest() override { std::filesystem::remove_all(dir_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
  }
  std::optional<PolicyHistory> read(const std::string& json) {
    write("history.json", json);
    diagnostics_ = {};
    return read_policy_history(dir_, configured_, diagnostics_);
  }
  std::vector<std::string> faults(const std::string& json) {
    EXPECT_FALSE(read(json)) << json;
    std::vector<std::string> texts;
    for (const Diagnostic& d : diagnostics_.all()) texts.push_back(to_text(d));
    return texts;
  }
  std::string dir_;
  Configuration configured_;
  Diagnostics diagnostics_;
};

TEST_F(PolicyHistoryTest, VersionsComeWithTheirTimesDigestsAndBytes) {
  const auto history = read(R"({"policies": [{"file": "p0.toml"},)"
                            R"( {"file": "p1.toml", "activated_at": "2025-03-01T06:00:00-06:00"}],)"
                            R"( "catalogs": [{"agencies": "a.toml", "oris": "o.csv"}]})");
  ASSERT_TRUE(history) << to_text(diagnostics_.all().front());
  ASSERT_EQ(history->policies.size(), 2U);
  EXPECT_EQ(history->policies[0].activated_at, kNoTime);
  EXPECT_EQ(history->policies[1].activated_at, parse_rfc3339("2025-03-01T12:00:00Z"));
  EXPECT_EQ(history->policies[0].digest, to_hex(sha256(kPolicy)));
  EXPECT_EQ(history->catalogs[0].files, (std::vector<std::string>{kAgencies, kOris}));
  EXPECT_EQ(history->catalogs[0].digest, to_hex(sha256(std::string(kAgencies) + '\x1F' + kOris)));
}

TEST_F(PolicyHistoryTest, AListThatIsAbsentIsTheConfiguredFile) {
  const auto history = read(R"({"policies": [{"file": "p1.toml"}]})");
  ASSERT_TRUE(history) << to_text(diagnostics_.all().front());
  EXPECT_EQ(history->catalogs.at(0).files, (std::vector<std::string>{kAgencies, kOris}));
}

TEST_F(PolicyHistoryTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(faults("[]"), ElementsAre(HasSubstr("is no JSON object")));
  EXPECT_THAT(faults("{\"policy\": []}"), ElementsAre(HasSubstr("unknown key \"policy\"")));
  EXPECT_THAT(faults(R"({"policies": []})"), ElementsAre(HasSubstr("no list of versions")));
  EXPECT_THAT(faults(R"({"policies": [{"file": "../p0.toml"}]})"),
              testing::Contains(HasSubstr("needs file")));
  EXPECT_THAT(faults(R"({"policies": [{"file": "gone.toml"}]})"),
              ElementsAre(HasSubstr("gone.toml cannot be read")));
  EXPECT_THAT(faults(R"({"policies": [{"file": "p0.toml", "activated_at": "2025-03-01T12:00:00Z"}]})"),
              ElementsAre(HasSubstr("the first version holds for all time")));
  EXPECT_THAT(faults(R"({"policies": [{"file": "p0.toml"}, {"file": "p1.toml"}]})"),
              ElementsAre(HasSubstr("policies[1]: activated_at is no full minute")));
  EXPECT_THAT(faults(R"({"policies": [{"file": "p0.toml"},)"
                     R"( {"file": "p1.toml", "activated_at": "2025-03-01T12:00:01Z"}]})"),
              ElementsAre(HasSubstr("policies[1]: activated_at is no full minute")));
  EXPECT_THAT(faults(R"({"policies": [{"file": "p0.toml"},)"
                     R"( {"file": "p1.toml", "activated_at": "2025-03-01T12:00:00Z"},)"
                     R"( {"file": "p0.toml", "activated_at": "2025-03-01T12:00:00Z"}]})"),
              ElementsAre(HasSubstr("policies[2]: activated_at is not after")));
}

TEST_F(PolicyHistoryTest, EveryPairThatEverHoldsMustFit) {
  EXPECT_THAT(
      faults(R"({"policies": [{"file": "p0.toml"}], "catalogs": [{"agencies": "a.toml", "oris": "o.csv"},)"
             R"( {"agencies": "other.toml", "oris": "o.csv", "activated_at": "2025-03-01T12:00:00Z"}]})"),
      ElementsAre(HasSubstr("p0.toml:4:13: error: block \"x\": unknown agency \"ice\"")));
}

}  // namespace
}  // namespace blockwatch
