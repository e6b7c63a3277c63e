// The letter's year: its figures are met exactly at any scale, and each record is what it was meant to be.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/domain.h"
#include "base/hash.h"
#include "cli/generate/population.h"
#include "cli/generate/random.h"
#include "cli/generate/shipped_examples.h"
#include "cli/generate/year_askers.h"
#include "cli/generate/year_figures.h"
#include "cli/generate/year_tally.h"
#include "cli/generate/year_traffic.h"
#include "config/diagnostic.h"
#include "config/policy.h"
#include "pipeline/event.h"
#include "pipeline/expand.h"
#include "pipeline/parse.h"
#include "pipeline/ruleset.h"

namespace blockwatch {
namespace {

std::array<std::uint64_t, 3> figures_at(std::string_view scale) {
  const auto parsed = parse_scale(scale);
  EXPECT_TRUE(parsed.has_value()) << scale;
  const YearFigures figures = scaled_figures(parsed.value_or(Scale{}));
  return {figures.total, figures.ice_excluding_hsi, figures.hsi};
}

using Three = std::array<std::uint64_t, 3>;

TEST(YearFigures, AreTheLettersScaledEachByItselfAndRounded) {
  EXPECT_EQ(figures_at("1"), (Three{290'000'000, 292'114, 605'116}));
  EXPECT_EQ(figures_at("10"), (Three{2'900'000'000, 2'921'140, 6'051'160}));
  EXPECT_EQ(figures_at("0.5"), (Three{145'000'000, 146'057, 302'558}));
  EXPECT_EQ(figures_at("0.25"), (Three{72'500'000, 73'029, 151'279}));  // 73,028.5: a half goes up
  EXPECT_EQ(figures_at("0.01"), (Three{2'900'000, 2'921, 6'051}));
  EXPECT_EQ(figures_at("0.0001"), (Three{29'000, 29, 61}));
  EXPECT_EQ(figures_at("0.333333333"), (Three{96'666'667, 97'371, 201'705}));
  EXPECT_EQ(figures_at("0.000000002"), (Three{1, 0, 0}));
}

TEST(YearFigures, AScaleIsAPlainNumberAboveZeroUpToTen) {
  for (const char* bad : {"", "0", "0.0", "-1", "+1", ".5", "5.", "1e-3", "0x1", "1,5", "10.1", "11",
                          "0.0000000001", "99999999999999999999", " 1", "1.2.3"}) {
    EXPECT_FALSE(parse_scale(bad).has_value()) << bad;
  }
}

// The draws of a whole year, halves apart.
std::pair<Three, Three> drawn(const YearFigures& figures, std::uint64_t seed) {
  YearQuota quota(figures);
  Random random(seed);
  std::pair<Three, Three> counts{};
  for (std::uint64_t i = 0; i < figures.total; ++i) {
    const YearGroup group = quota.draw(random);
    quota.take(group);
    Three& half = i < figures.total / 2 ? counts.first : counts.second;
    ++half[0];
    if (group == YearGroup::ice_excluding_hsi) ++half[1];
    if (group == YearGroup::hsi) ++half[2];
  }
  EXPECT_EQ(quota.left().total + quota.left().ice_excluding_hsi + quota.left().hsi, 0U);
  return counts;
}

TEST(YearQuota, IsMetExactlyWhateverTheScaleAndSeed) {
  for (const char* scale : {"0.00001", "0.0001", "0.00033333", "0.001", "0.000000002"}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const YearFigures figures = scaled_figures(parse_scale(scale).value());
      const auto [first, second] = drawn(figures, seed);
      EXPECT_EQ((Three{first[0] + second[0], first[1] + second[1], first[2] + second[2]}),
                (Three{figures.total, figures.ice_excluding_hsi, figures.hsi}))
          << scale << " seed " << seed;
    }
  }
}

TEST(YearQuota, IsMetEvenWhereNobodyElseAsks) {
  const auto [first, second] = drawn({.total = 7, .ice_excluding_hsi = 3, .hsi = 4}, 1);
  EXPECT_EQ(first[1] + second[1], 3U);
  EXPECT_EQ(first[2] + second[2], 4U);
}

TEST(YearQuota, SpreadsEachGroupOverTheYear) {
  const auto [first, second] = drawn({.total = 400'000, .ice_excluding_hsi = 4'000, .hsi = 8'000}, 3);
  EXPECT_NEAR(static_cast<double>(first[1]), 2'000, 150);  // five standard deviations
  EXPECT_NEAR(static_cast<double>(first[2]), 4'000, 220);
}

TEST(YearQuota, ADrawThatIsNotTakenChangesNothing) {
  YearQuota quota({.total = 10, .ice_excluding_hsi = 5, .hsi = 5});
  Random random(1);
  for (int i = 0; i < 100; ++i) quota.draw(random);
  EXPECT_EQ(quota.left().total, 10U);
}

const Catalog& example_catalog() {
  static const Catalog kCatalog = shipped_catalog();
  return kCatalog;
}

// A tenth of a thousandth, with a fifth of it odd.
YearOptions small_options(std::uint64_t seed, std::uint32_t partitions = 1) {
  return {.figures = scaled_figures({.numerator = 1, .denominator = 10'000}),
          .seed = seed,
          .partitions = partitions,
          .oddities_per_million = 200'000};
}

std::shared_ptr<const Ruleset> example_ruleset() {
  Diagnostics diagnostics;
  const auto catalog = std::make_shared<const Catalog>(shipped_catalog());
  auto policy = parse_policy("policy.toml", std::string(shipped_policy()), *catalog, diagnostics);
  return Ruleset::compile(catalog, std::make_shared<const Policy>(std::move(policy.value())));
}

TEST(YearAskers, EachIsOfItsAgencyFromTheFirstToTheLastMomentOfTheYear) {
  const auto ruleset = example_ruleset();
  const Catalog& catalog = ruleset->catalog();
  const Population population(catalog, kYearFrom);
  YearAskers askers(catalog, population, {.total = 3, .ice_excluding_hsi = 1, .hsi = 1});
  Random random(1);
  std::map<How, int> answers;
  for (int i = 0; i < 200'000; ++i) {
    const AskerProfile& asker = askers.draw(random);
    const std::string_view line = asker.always_line ? std::string_view(asker.line) : "";
    for (const TimeNs time : {kYearFrom, kYearTo - 1}) {
      const Asker resolved = ruleset->resolve(asker.ori, line, time);
      ASSERT_EQ(catalog.nodes[resolved.node].id, catalog.nodes[asker.agency].id) << asker.ori.view();
      ++answers[resolved.how];
    }
  }
  for (const How how : {How::exact, How::pattern, How::line, How::type, How::unknown})
    EXPECT_GT(answers[how], 0) << name_of(how);
}

TEST(YearTraffic, EveryRecordIsWhatItWasMeantToBe) {
  const auto ruleset = example_ruleset();
  const Catalog& catalog = ruleset->catalog();
  Parser parser(65'536);
  QueryEvent event;
  Expansion expansion;
  std::set<RejectReason> reasons;
  std::array<int, 4> fates{};
  YearTraffic traffic(catalog, small_options(1));
  while (const GeneratedRecord* record = traffic.next()) {
    const Intent& intent = record->intent;
    ++fates[static_cast<std::size_t>(intent.fate)];
    // Files know one reference for all, for a topic it is each record's own: both must say the same.
    const TimeNs reference = fates[0] % 2 == 0 ? record->broker_time : kYearTo;
    auto reason = parser.parse({0, 0, reference, record->payload}, event);
    if (!reason) reason = expand(event, *ruleset, expansion);
    ASSERT_EQ(reason.has_value(), intent.fate == Fate::rejected) << record->payload;
    if (reason) {
      ASSERT_EQ(*reason, intent.reason) << record->payload;
      reasons.insert(*reason);
      continue;
    }
    ASSERT_EQ(message_key(event.key.view()).out_of_scope, intent.fate == Fate::out_of_scope);
    if (intent.fate != Fate::counted) continue;
    ASSERT_EQ(catalog.nodes[ruleset->resolve(event.ori, event.line.view(), event.time).node].id,
              catalog.nodes[intent.agency].id)
        << record->payload;
    ASSERT_EQ(expansion.cls, intent.cls) << record->payload;
    ASSERT_EQ(expansion.bad_destinations, intent.partial ? 1U : 0U) << record->payload;
    ASSERT_EQ(expansion.unknown_codes, intent.unknown_code ? 1U : 0U) << record->payload;
    ASSERT_EQ(format_utc_day(event.time), format_utc_day(intent.time)) << record->payload;
    ASSERT_TRUE(event.time >= kYearFrom && event.time < kYearTo) << record->payload;
  }
  EXPECT_EQ(reasons.size(), kRejectReasonCount);
  EXPECT_EQ(fates[0], 29'000);
  EXPECT_TRUE(std::all_of(fates.begin(), fates.end(), [](int count) { return count > 50; }));
}

TEST(YearTraffic, OnlyDuplicatesRepeatAnIdAndTheyDoSoWithinHours) {
  YearTraffic traffic(example_catalog(), small_options(2));
  std::unordered_map<std::string, TimeNs> counted;
  std::set<std::string> others;
  int duplicates = 0;
  TimeNs last = 0;
  while (const GeneratedRecord* record = traffic.next()) {
    ASSERT_GE(record->broker_time, last);
    last = record->broker_time;
    const auto known = counted.find(record->key);
    if (record->intent.fate == Fate::counted) {
      ASSERT_TRUE(known == counted.end() && others.count(record->key) == 0);
      counted.emplace(record->key, record->broker_time);
    } else if (record->intent.fate == Fate::duplicate) {
      ++duplicates;
      ASSERT_NE(known, counted.end());
      ASSERT_LE(record->broker_time - known->second, 7 * kHour);
    } else {
      others.insert(record->key);
    }
  }
  EXPECT_EQ(counted.size(), 29'000U);
  EXPECT_GT(duplicates, 50);
}

// What a record was meant to be without where it goes.
std::string digest_of_year(std::uint32_t partitions, std::set<std::uint32_t>& seen) {
  YearOptions options = small_options(3, partitions);
  options.figures.total = 3'000;
  YearTraffic traffic(example_catalog(), options);
  std::string all;
  while (const GeneratedRecord* record = traffic.next()) {
    all += record->payload + '\n';
    seen.insert(record->partition);
  }
  return to_hex(sha256(all + traffic.tally().to_json(3, "")));
}

TEST(YearTraffic, ThePartitionsOnlySayWhereEachRecordGoes) {
  std::set<std::uint32_t> one;
  std::set<std::uint32_t> five;
  EXPECT_EQ(digest_of_year(1, one), digest_of_year(5, five));
  EXPECT_EQ(one.size(), 1U);
  EXPECT_EQ(five.size(), 5U);
}

TEST(YearTally, AddsUpWhatCountsByMonthAgencyAndClassAndTheRestByFate) {
  const Catalog& catalog = example_catalog();
  YearTally tally(catalog);
  const NodeIndex ero = catalog.node("ero").value();
  const NodeIndex hsi = catalog.node("hsi").value();
  tally.add({.agency = ero, .cls = Class::registration, .time = kYearFrom, .late = true});
  tally.add({.agency = hsi, .cls = Class::registration, .time = kYearTo - 1});
  tally.add({.agency = hsi, .cls = Class::other, .time = kYearFrom + 31 * kDay, .partial = true});
  tally.add({.fate = Fate::duplicate, .agency = hsi, .time = kYearFrom});
  tally.add({.fate = Fate::out_of_scope, .agency = hsi, .time = kYearFrom});
  tally.add({.fate = Fate::rejected, .reason = RejectReason::bad_ori, .agency = hsi});
  tally.add({.agency = hsi, .cls = Class::other, .time = kYearFrom + 31 * kDay - 1});
  const std::string expected =
      R"({"from":"2024-10-01T00:00:00Z","to":"2025-10-01T00:00:00Z","seed":9,"scale":"0.5",)"
      R"("records":{"consumed":7,"counted":4,"duplicate":1,"rejected":1,"out_of_scope":1},)"
      R"("by_reason":{"bad_ori":1},"quality":{"bad_destination_partial":1,"late":1},)"
      R"("rollup":{"HSI":3,"ICE excluding HSI":1,"ICE total":4},)"
      R"("by_agency":{"ero":1,"hsi":3},"by_class":{"other":2,"registration":2},)"
      R"("by_month":{"2024-10":2,"2024-11":1,"2025-09":1}})";
  EXPECT_EQ(tally.to_json(9, "0.5"), expected + "\n");
}

}  // namespace
}  // namespace blockwatch
