// Why a ruleset says what it says: what is told never disagrees with what is judged.
#include "pipeline/ruleset_why.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>
#include <vector>

#include "tests/unit/pipeline/world.h"

namespace blockwatch {
namespace {

using Result = AskerStep::Result;

const TimeNs kStart = instant("2025-01-01T00:00:00Z");

/// The verdict that the reasons alone lead to.
Verdict verdict_of(const PolicyFinding& finding, const PolicyRule& rule) {
  const bool fits = finding.jurisdiction && finding.agency == AgencyFit::covered && finding.cls &&
                    finding.channel &&
                    (finding.phase == PolicyPhase::gap || finding.phase == PolicyPhase::in_force);
  if (!fits) return Verdict::none;
  if (rule.watch) return Verdict::watched;
  if (finding.phase == PolicyPhase::gap) return rule.shadow ? Verdict::none : Verdict::gap;
  const bool excepted = std::find(finding.exceptions.begin(), finding.exceptions.end(),
                                  ExceptionMiss::none) != finding.exceptions.end();
  if (rule.shadow) return excepted ? Verdict::none : Verdict::shadow;
  return excepted ? Verdict::excepted : Verdict::blocked;
}

/// Worlds and facts in which every bound is met often: times are whole days of a few.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  TimeNs day() { return kStart + static_cast<TimeNs>(below(6)) * kDay; }
  TimeNs day_or_open() { return one_in(3) ? kNoTime : day(); }
  std::string_view any(const std::vector<std::string_view>& list) { return list[below(list.size())]; }

 private:
  std::mt19937_64 engine_;
};

const std::vector<std::string_view> kAgencies{"dhs", "ice", "hsi", "cbp", "fbi", "unknown"};

void fill(PolicyRule& rule, Random& random, const World& world) {
  rule.ordered_at = random.day();
  rule.enforce_from = rule.watch ? random.day_or_open() : random.day();
  rule.ends_at = random.day_or_open();
  rule.shadow = !rule.watch && random.one_in(3);
  rule.photo = random.one_in(4);
  if (random.one_in(3)) rule.classes.push_back(static_cast<Class>(random.below(kClassCount)));
  if (random.one_in(3)) rule.channels.emplace_back(random.any({"nlets", "web"}));
  if (random.one_in(3)) rule.except_agencies.push_back(world.node(random.any(kAgencies)));
  for (std::size_t n = rule.watch ? 0 : random.below(3); n > 0; --n) {
    PolicyException& exception = rule.exceptions.emplace_back();
    exception.reference = "case " + std::to_string(n);
    if (random.one_in(2)) exception.agencies.push_back(world.node(random.any(kAgencies)));
    if (random.one_in(2)) exception.purposes.emplace_back(random.any({"C", "F"}));
    exception.validity = {random.day_or_open(), random.day_or_open()};
  }
}

std::shared_ptr<const Ruleset> random_ruleset(Random& random) {
  World world;
  world.agency("dhs");
  world.agency("ice", "dhs", {random.day_or_open(), random.day_or_open()});
  world.agency("hsi", "ice");
  world.agency("cbp", "dhs", {random.day_or_open(), kNoTime});
  world.agency("fbi");
  for (const char* text : {"??ICE*", "VT*", "??????9?0"}) {
    if (random.one_in(3)) world.pattern(text, random.any(kAgencies));
  }
  world.line("AX", random.any(kAgencies));
  for (const char* text : {"VTICE0900", "VTICEO9OO", "VTCBP0001"}) {
    OriRow& row = world.row(text, random.one_in(3) ? "" : random.any(kAgencies));
    row.validity = {random.day_or_open(), random.day_or_open()};
    row.shared = random.one_in(6);
    row.inactive = random.one_in(4);
    row.type = random.any({"", "FE", "PD"});
    row.line = random.any({"", "AX", "ZZ"});
  }
  for (int n = 0; n < 4; ++n) {
    fill(world.block("b" + std::to_string(n), {random.any({"IL", "NY", "*"})}, {random.any(kAgencies)}, 0),
         random, world);
  }
  fill(world.watch("w", {random.any({"IL", "*"})}, {random.any(kAgencies)}), random, world);
  return world.compile();
}

TEST(RulesetWhy, ReasonsLeadToTheVerdictThatIsJudged) {
  Random random(20251112);
  std::array<int, kVerdictCount> seen{};
  for (int w = 0; w < 300; ++w) {
    const auto ruleset = random_ruleset(random);
    for (int n = 0; n < 60; ++n) {
      JudgedFacts facts;
      facts.time = random.day() - static_cast<TimeNs>(random.below(2));
      facts.node = static_cast<NodeIndex>(random.below(ruleset->catalog().nodes.size()));
      facts.jurisdiction = jurisdiction_from(random.any({"IL", "NY", "WY"})).value();
      facts.cls = static_cast<Class>(random.below(kClassCount));
      facts.photo = random.one_in(3);
      facts.channel = random.any({"nlets", "web"});
      facts.purpose = random.any({"", "C", "F"});
      std::vector<PolicyMatch> matches;
      const Verdict judged = ruleset->judge(facts, matches);
      Verdict strongest = Verdict::none;
      std::vector<std::uint32_t> told;
      const auto findings = ruleset->findings(facts);
      ASSERT_EQ(findings.size(), ruleset->rules().size());
      for (const PolicyFinding& finding : findings) {
        const Verdict verdict = verdict_of(finding, ruleset->rules()[finding.match.rule]);
        ASSERT_EQ(finding.match.verdict, verdict) << "world " << w << " facts " << n;
        ++seen.at(static_cast<std::size_t>(verdict));
        if (verdict == Verdict::none) continue;
        told.push_back(finding.match.rule);
        strongest = std::min(strongest, verdict);
      }
      ASSERT_EQ(strongest, judged);
      std::vector<std::uint32_t> expected;
      for (const PolicyMatch& match : matches) expected.push_back(match.rule);
      ASSERT_EQ(told, expected);
    }
  }
  EXPECT_THAT(seen, testing::Each(testing::Gt(50))) << "a verdict that hardly occurs is not compared";
}

TEST(RulesetWhy, StepsLeadToTheAskerThatIsResolved) {
  Random random(7);
  std::array<int, 5> seen{};
  int imitations = 0;
  for (int w = 0; w < 300; ++w) {
    const auto ruleset = random_ruleset(random);
    for (const char* text : {"VTICE0900", "VTICEO9OO", "VTICE09O0", "VTCBP0001", "ZZCBP0001", "ZZICE0001"}) {
      for (const char* line : {"", "AX", "QQ"}) {
        const TimeNs time = random.day() - static_cast<TimeNs>(random.below(2));
        const Asker asker = ruleset->resolve(ori(text), line, time);
        const AskerTrace trace = ruleset->trace(ori(text), line, time);
        ASSERT_EQ(trace.asker.node, asker.node);
        ASSERT_EQ(trace.asker.how, asker.how);
        ASSERT_EQ(trace.asker.inactive, asker.inactive);
        ASSERT_EQ(trace.asker.imitated, asker.imitated);
        const AskerStep& last = trace.steps.back();
        ASSERT_EQ(last.result == Result::hit, asker.how != How::unknown);
        if (last.result == Result::hit) {
          ASSERT_EQ(last.node, asker.node);
          ASSERT_EQ(last.how, asker.how);
        }
        const auto hits = std::count_if(trace.steps.begin(), trace.steps.end(),
                                        [](const AskerStep& s) { return s.result == Result::hit; });
        ASSERT_LE(hits, 1);
        const bool imitates =
            !trace.look_alikes.empty() && trace.look_alikes.back().result == LookAlike::Result::imitated;
        ASSERT_EQ(imitates ? trace.look_alikes.back().node : kNoNode, asker.imitated);
        ++seen.at(static_cast<std::size_t>(asker.how));
        imitations += imitates ? 1 : 0;
      }
    }
  }
  EXPECT_THAT(seen, testing::Each(testing::Gt(20)));
  EXPECT_GT(imitations, 20);
}

TEST(RulesetWhy, EachStepThatIsNoHitSaysWhyInTheOrderTried) {
  World world;
  world.agency("ins", {}, {kNoTime, kStart});
  world.agency("ice");
  world.pattern("??INS*", "ins");
  world.pattern("??INS*", "ice");
  world.row("VTINS07S0", "ins").validity.to = kStart;
  world.row("VTINS07S0").validity.from = kStart;
  const auto trace = world.compile()->trace(ori("VTINS07S0"), {}, kStart);
  std::vector<std::pair<How, Result>> steps;
  for (const AskerStep& step : trace.steps) steps.emplace_back(step.how, step.result);
  EXPECT_THAT(steps, testing::ElementsAre(std::pair(How::exact, Result::row_not_valid),
                                          std::pair(How::exact, Result::row_without_agency),
                                          std::pair(How::pattern, Result::node_not_valid),
                                          std::pair(How::pattern, Result::hit)));
}

TEST(RulesetWhy, ACarveOutIsToldFromAnAgencyThatIsNotCovered) {
  World world;
  world.agency("dhs");
  world.agency("cbp", "dhs");
  world.agency("amo", "cbp");
  world.agency("fbi");
  world.block("b", {"NY"}, {"dhs"}, kStart).except_agencies = {world.node("cbp")};
  const auto ruleset = world.compile();
  const auto finding_of = [&](const char* agency) {
    JudgedFacts facts;
    facts.time = kStart;
    facts.node = world.node(agency);
    facts.jurisdiction = jurisdiction_from("NY").value();
    return ruleset->findings(facts).front();
  };
  EXPECT_EQ(finding_of("amo").agency, AgencyFit::carved_out);
  EXPECT_EQ(finding_of("amo").listed, world.node("cbp"));
  EXPECT_EQ(finding_of("dhs").agency, AgencyFit::covered);
  EXPECT_EQ(finding_of("fbi").agency, AgencyFit::elsewhere);
}

}  // namespace
}  // namespace blockwatch
