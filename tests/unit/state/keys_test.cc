#include "state/keys.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

RowKey random_row(test::Random& random) {
  return {static_cast<std::uint32_t>(random.below(3)), static_cast<Cube>(1 + random.below(4)),
          static_cast<Granularity>(1 + random.below(3)),
          static_cast<std::int64_t>(random.below(2001)) - 1000};
}

TEST(Keys, CounterKeysSortLikeTheirRowsAlsoBefore1970) {
  test::Random random;
  std::vector<std::pair<RowKey, std::uint32_t>> values{{{0, Cube::oris, Granularity::day, INT64_MIN}, 0},
                                                       {{0, Cube::oris, Granularity::day, INT64_MAX}, 0},
                                                       {{0, Cube::oris, Granularity::day, -1}, 0},
                                                       {{0, Cube::oris, Granularity::day, 0}, 0}};
  for (int i = 0; i < 2000; ++i)
    values.emplace_back(random_row(random), static_cast<std::uint32_t>(random.below(400)));
  std::sort(values.begin(), values.end());
  std::vector<std::string> keys;
  for (const auto& [row, run] : values) keys.push_back(counter_key(row, run));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto parsed = counter_key_of(keys[i]);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->row, values[i].first);
    EXPECT_EQ(parsed->run, values[i].second);
  }
}

TEST(Keys, CounterRangeHoldsExactlyItsRows) {
  test::Random random;
  const KeyRange range = counter_range(1, Cube::messages, Granularity::hour, -5, 7);
  for (int i = 0; i < 5000; ++i) {
    RowKey b = random_row(random);
    b.number = static_cast<std::int64_t>(random.below(30)) - 15;
    const std::string key = counter_key(b, static_cast<std::uint32_t>(random.below(3)));
    const bool inside = b.partition == 1 && b.cube == Cube::messages && b.granularity == Granularity::hour &&
                        b.number >= -5 && b.number < 7;
    ASSERT_EQ(key >= range.from && key < range.to, inside);
  }
  const KeyRange reversed = counter_range(1, Cube::messages, Granularity::hour, 7, -5);
  EXPECT_EQ(reversed.from, reversed.to);
}

TEST(Keys, WhatGoesAfterTwoDaysLiesApartFromTheOtherCountersAndThoseFromTheRest) {
  EXPECT_EQ(family_of(seen_key(1, 2)), Family::recent);
  EXPECT_EQ(family_of(seen_range(1).from), Family::recent);
  for (const Cube cube : {Cube::disclosures, Cube::oris, Cube::messages, Cube::quality}) {
    for (const Granularity g : {Granularity::minute, Granularity::hour, Granularity::day}) {
      const Family expected = g == Granularity::minute ? Family::recent : Family::kept;
      EXPECT_EQ(family_of(counter_key({7, cube, g, -1}, 3)), expected);
      EXPECT_EQ(family_of(counter_range(7, cube, g).from), expected);
    }
  }
  for (const std::string& key : {progress_key(1), reject_key({1, 0, 2}), log_key(3), meta_key("format")})
    EXPECT_EQ(family_of(key), Family::base);
}

TEST(Keys, RangeOfPrefixEndsBehindEveryKeyWithThatPrefix) {
  const KeyRange range = range_of_prefix(std::string("D\xFF\xFF", 3));
  EXPECT_EQ(range.to, "E");
  EXPECT_LT(std::string("D\xFF\xFF\xFF\xFF\xFF", 6), range.to);
}

TEST(Keys, SequencesAndChunksSortNumerically) {
  EXPECT_LT(log_key(255), log_key(256));
  EXPECT_LT(log_key(1), log_key(UINT64_MAX));
  EXPECT_LT(seen_key(0, UINT64_MAX), seen_key(1, 0));
  EXPECT_EQ(log_sequence_of(log_key(1234567)), 1234567U);
  EXPECT_EQ(seen_chunk_of(seen_key(9, 77)), 77U);
  EXPECT_EQ(progress_partition_of(progress_key(70'000)), 70'000U);
  EXPECT_EQ(name_id_of(name_key(Dictionary::ori, 18'000)), 18'000U);
  EXPECT_EQ(version_index_of(version_key(VersionKind::catalog, 3)), 3U);
  EXPECT_EQ(mark_sequence_of(mark_key(std::string(16, 'x'), 12)), 12U);
}

TEST(Keys, EvidenceAndRejectsKeepTheirPosition) {
  const RecordPlace place{3, 2, 1'000'000'000'000};
  EXPECT_EQ(evidence_place_of(evidence_key(place)), place);
  EXPECT_EQ(reject_place_of(reject_key(place)), place);
  EXPECT_FALSE(reject_place_of(evidence_key(place)));
  EXPECT_LT(reject_key({3, 0, 1'000}), reject_key({3, 1, 0})) << "offsets begin anew in each epoch";
  Gap gap;
  ASSERT_TRUE(read_gap_key(gap_key(4, 17), gap));
  EXPECT_EQ(std::pair(gap.partition, gap.number), std::pair(4U, 17U));
  EXPECT_FALSE(read_gap_key(progress_key(4), gap));
}

TEST(Keys, AnIncidentsClosedMarkSortsBeforeItsPartsAndDaysAreInclusive) {
  const std::string id(16, '\x42');
  const std::string closed = incident_closed_key("2025-11-12", id);
  const std::string part = incident_part_key("2025-11-12", id, 0);
  EXPECT_LT(closed, part);
  const KeyRange days = incident_day_range("2025-11-12", "2025-11-12");
  EXPECT_TRUE(closed >= days.from && part < days.to);
  EXPECT_GE(incident_part_key("2025-11-13", std::string(16, '\0'), 0), days.to);
  EXPECT_LT(incident_part_key("2025-11-11", std::string(16, '\xFF'), UINT32_MAX), days.from);
  const KeyRange all = incident_day_range("", "");
  EXPECT_TRUE(closed >= all.from && part < all.to);
  const auto row = incident_row_of(incident_part_key("2025-11-12", id, 7));
  ASSERT_TRUE(row);
  EXPECT_EQ(row->day, "2025-11-12");
  EXPECT_EQ(row->id, "42424242424242424242424242424242");
  EXPECT_FALSE(row->closed);
  EXPECT_EQ(row->partition, 7U);
}

TEST(Keys, IncidentIdsAreThirtyTwoLowerCaseHexDigits) {
  EXPECT_EQ(incident_id_bytes("00ff00ff00ff00ff00ff00ff00ff00fe")->back(), '\xFE');
  EXPECT_FALSE(incident_id_bytes("00FF00ff00ff00ff00ff00ff00ff00ff"));
  EXPECT_FALSE(incident_id_bytes("00"));
  EXPECT_FALSE(incident_id_bytes("../../../../../../../etc/passwd0"));
}

TEST(Keys, KindsDoNotOverlap) {
  const std::string id(16, 'x');
  std::set<char> kinds;
  for (const std::string& key :
       {meta_key("format"), version_key(VersionKind::policy, 0), name_key(Dictionary::agency, 0),
        progress_key(0), counter_key({}, 0), seen_key(0, 0), evidence_key({}), reject_key({}), gap_key(0, 0),
        incident_closed_key("2025-11-12", id), incident_day_key(id), unclosed_key(id), log_key(1),
        mark_key(id, 1), cursor_key("x"), suppressed_key("x", 1)})
    EXPECT_TRUE(kinds.insert(key.front()).second) << key.front();
}

TEST(Keys, WhatIsSuppressedSortsBySequenceAndApartForEachOutput) {
  EXPECT_LT(suppressed_key("siem", 255), suppressed_key("siem", 256));
  const KeyRange siem = suppressed_range("siem");
  EXPECT_TRUE(suppressed_key("siem", 0) >= siem.from && suppressed_key("siem", UINT64_MAX) < siem.to);
  for (const char* other : {"sie", "siem-2", "siem.", "s"}) {
    const std::string key = suppressed_key(other, 7);
    EXPECT_TRUE(key < siem.from || key >= siem.to) << other;
  }
  EXPECT_EQ(suppressed_sequence_of(suppressed_key("siem", 77), "siem"), 77U);
  EXPECT_FALSE(suppressed_sequence_of(suppressed_key("siem", 77) + "x", "siem"));
  EXPECT_EQ(cursor_output_of(cursor_key("siem")), "siem");
  EXPECT_FALSE(cursor_output_of(log_key(1)));
}

TEST(Keys, AKeyOfAnotherKindOrLengthIsRefused) {
  EXPECT_FALSE(counter_key_of(progress_key(1)));
  EXPECT_FALSE(counter_key_of(counter_key({}, 0) + "x"));
  EXPECT_FALSE(counter_key_of(counter_key({}, 0).substr(0, 18)));
  EXPECT_FALSE(log_sequence_of(""));
  EXPECT_FALSE(evidence_place_of(reject_key({1, 0, 2})));
  EXPECT_FALSE(evidence_place_of(evidence_key({1, 0, 2}) + "x"));
}

}  // namespace
}  // namespace blockwatch
