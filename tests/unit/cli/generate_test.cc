// The generator: the same bytes on every machine, every kind of oddity in them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/domain.h"
#include "base/hash.h"
#include "cli/generate/draft.h"
#include "cli/generate/population.h"
#include "cli/generate/random.h"
#include "cli/generate/schedule.h"
#include "cli/generate/shipped_examples.h"
#include "cli/generate/spoil.h"
#include "cli/generate/traffic.h"
#include "config/diagnostic.h"
#include "pipeline/parse.h"

namespace blockwatch {
namespace {

constexpr TimeNs kStart = 1'747'699'200 * kSecond;  // 2025-05-20T00:00:00Z

const Catalog& example_catalog() {
  static const Catalog kCatalog = shipped_catalog();
  return kCatalog;
}

const Population& example_population() {
  static const Population kPopulation(example_catalog(), kStart);
  return kPopulation;
}

std::optional<RejectReason> parsed(Parser& parser, const GeneratedRecord& record) {
  QueryEvent event;
  return parser.parse({0, 0, record.broker_time, record.payload}, event);
}

TEST(Random, IsThePublishedGenerator) {
  // xoshiro256++ on the first four outputs of splitmix64 from 1234567, by the authors' C code.
  Random random(1234567);
  EXPECT_EQ(random.next(), 437095814655224680U);
  EXPECT_EQ(random.next(), 8127161015984454572U);
  EXPECT_EQ(random.next(), 18128670339019551454U);
}

TEST(Random, BelowStaysBelowAndReachesBothEnds) {
  Random random(1);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(PartitionOf, IsAFixedHashOfTheKey) {
  // By an independent program.
  EXPECT_EQ(partition_of("q-4b2448de5683373b", 4), 0U);
  EXPECT_EQ(partition_of("q-4b2448de5683373b", 1000), 716U);
  EXPECT_EQ(partition_of("q-7dc556904000c8b6", 1000), 196U);
  EXPECT_EQ(partition_of("", 1), 0U);
}

TEST(DraftWriter, SpellsATimeInEveryForm) {
  DraftWriter writer;
  const auto spelled = [&writer](TimeNs time, const TimeForm& form) {
    std::string text;
    writer.write_time(time, form, text);
    return text;
  };
  const TimeNs time = kStart + 3723 * kSecond + 45'600'000;
  EXPECT_EQ(spelled(time, {}), "2025-05-20T01:02:03.045Z");
  EXPECT_EQ(spelled(time, {.offset_minutes = -300, .zulu = false, .fraction_digits = 0}),
            "2025-05-19T20:02:03-05:00");
  EXPECT_EQ(spelled(time, {.offset_minutes = 330, .zulu = false, .minute_only = true}),
            "2025-05-20T06:32+05:30");
  EXPECT_EQ(spelled(time, {.lower_case = true, .fraction_digits = 12}), "2025-05-20t01:02:03.045600000731z");
  const TimeNs month_end = parse_rfc3339("2025-04-30T23:59:59Z").value();
  EXPECT_EQ(spelled(month_end, {.fraction_digits = 0, .leap_second = true}), "2025-04-30T23:59:60Z");
}

TEST(Schedule, TimesAscendWithinTheSpanAndNightsAreCalm) {
  const Schedule schedule(kStart, 7, 100'000);
  Random random(3);
  TimeNs last = kStart;
  std::map<std::int64_t, int> by_hour;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const TimeNs time = schedule.time_of(i, random);
    ASSERT_GE(time, last);
    ASSERT_LT(time, kStart + 7 * kDay);
    last = time;
    ++by_hour[time / kHour % 24];
  }
  EXPECT_GT(by_hour[20], 4 * by_hour[10]);  // 14:00 and 04:00 in the middle of the country
}

TEST(ShippedExamples, HoldTheLettersStatesAndAgencies) {
  EXPECT_GE(example_catalog().oris.size(), 18'000U);
  EXPECT_TRUE(example_catalog().node("ice").has_value());
  EXPECT_TRUE(example_catalog().node("hsi").has_value());
  for (const char* state : {"\"IL\"", "\"MA\"", "\"MN\"", "\"NY\""}) {
    EXPECT_NE(shipped_policy().find(state), std::string_view::npos) << state;
  }
}

// Small and fixed, so that the example catalog can change without the pinned digest.
Catalog small_catalog() {
  Diagnostics diagnostics;
  auto catalog = parse_catalog(
      "agencies.toml",
      "[[agency]]\nid = \"dhs\"\nname = \"D\"\n[[agency]]\nid = \"ice\"\nname = \"I\"\nparent = \"dhs\"\n"
      "[[agency]]\nid = \"fbi\"\nname = \"F\"\n[[region]]\ncode = \"R1\"\nmembers = [\"MA\", \"NY\"]\n",
      "oris.csv",
      "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\nVTICE0900,ice,,FE,active,,VT,,,\n"
      "DCFBI0010,fbi,,FE,active,,DC,,,\nILPD00100,,,PD,active,,IL,,,\nTXPD00100,,,PD,active,,TX,,,\n"
      "TXPD00200,,,PD,inactive,,TX,,,\n",
      diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  return std::move(catalog.value());
}

TEST(Traffic, TheSameSeedGivesTheSameBytesOnEveryMachine) {
  const Population population(small_catalog(), kStart);
  const auto digest = [&population](std::uint64_t seed) {
    Traffic traffic(population, {.seed = seed, .partitions = 4, .oddities_per_million = 100'000});
    std::string all;
    for (int i = 0; i < 20'000; ++i) {
      const GeneratedRecord& record = traffic.make(kStart + i * 60 * kSecond);
      all += record.key + '\t' + std::to_string(record.partition) + '\t' + record.payload + '\n';
    }
    return to_hex(sha256(all));
  };
  // Changes only when the traffic is changed on purpose.
  EXPECT_EQ(digest(7), "7cf49302f7d2105f101ee384d9c3cf2d5b88ab1d1433db09dd0ef8bde5301dc5");
  EXPECT_NE(digest(7), digest(8));
}

TEST(Traffic, HoldsEveryRejectReasonAndFewTooLargeRecords) {
  Traffic traffic(example_population(), {.seed = 5, .oddities_per_million = 200'000});
  Parser parser(65'536);
  std::map<RejectReason, int> seen;
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto reason = parsed(parser, traffic.make(kStart + i * kSecond));
    if (reason) {
      ++seen[*reason];
    } else {
      ++accepted;
    }
  }
  // What is no destination shows only against a catalog.
  EXPECT_EQ(seen.size(), kRejectReasonCount - 1);
  EXPECT_EQ(seen.count(RejectReason::bad_destination), 0U);
  EXPECT_LE(seen[RejectReason::too_large], 5);
  EXPECT_GT(accepted, 18'000);
}

TEST(Traffic, WithoutOdditiesNothingIsRejected) {
  Traffic traffic(example_population(), {.seed = 5, .oddities_per_million = 0});
  Parser parser(65'536);
  for (int i = 0; i < 5'000; ++i) ASSERT_EQ(parsed(parser, traffic.make(kStart + i * kSecond)), std::nullopt);
}

TEST(Traffic, NoRecordHoldsALineFeedAndBrokerTimesNeverGoBack) {
  Traffic traffic(example_population(), {.seed = 6, .oddities_per_million = 500'000});
  TimeNs last = 0;
  for (int i = 0; i < 10'000; ++i) {
    const GeneratedRecord& record = traffic.make(kStart + i * kMillisecond);
    ASSERT_EQ(record.payload.find('\n'), std::string::npos);
    ASSERT_GE(record.broker_time, last);
    ASSERT_EQ(record.broker_time % kMillisecond, 0);
    last = record.broker_time;
  }
}

TEST(Traffic, AnIdIsRepeatedWithinHoursOrAfterTheDuplicateWindowAndStaysOnItsPartition) {
  Traffic traffic(example_population(), {.seed = 9, .partitions = 8, .oddities_per_million = 100'000});
  std::map<std::string, std::pair<std::uint32_t, TimeNs>> first;
  int soon = 0;
  int late = 0;
  for (int i = 0; i < 20'000; ++i) {
    const TimeNs now = kStart + i * 20 * kSecond;
    const GeneratedRecord& record = traffic.make(now);
    const auto [known, fresh] = first.try_emplace(record.key, record.partition, now);
    if (fresh) continue;
    ASSERT_EQ(known->second.first, record.partition);
    const TimeNs distance = now - known->second.second;
    ASSERT_TRUE(distance <= 6 * kHour || distance >= 30 * kHour) << distance / kHour;
    ++(distance <= 6 * kHour ? soon : late);
    if (distance >= 30 * kHour) known->second.second = now;
  }
  EXPECT_GT(soon, 20);
  EXPECT_GT(late, 20);
}

TEST(Traffic, PlainTimesAreTheMomentOfSending) {
  Traffic traffic(example_population(), {.seed = 2, .oddities_per_million = 0, .plain_times = true});
  Parser parser(65'536);
  for (int i = 0; i < 100; ++i) {
    const TimeNs now = kStart + i * 17 * kMillisecond;
    const GeneratedRecord& record = traffic.make(now);
    QueryEvent event;
    ASSERT_EQ(parser.parse({0, 0, record.broker_time, record.payload}, event), std::nullopt);
    ASSERT_EQ(event.time, now);
  }
}

}  // namespace
}  // namespace blockwatch
