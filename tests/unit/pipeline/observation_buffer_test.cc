#include "pipeline/observation_buffer.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "state/cell.h"
#include "tests/unit/pipeline/runs.h"

namespace blockwatch {
namespace {

struct Seen {
  std::uint32_t partition = 0;
  TimeNs time = 0;
  bool in_minutes = true;
  Cell cell;
};

using Counts = std::map<BucketKey, std::map<Cell, std::uint64_t>>;

/// What the runs must say, by counting each observation in each of its buckets.
Counts expected(const std::vector<Seen>& all) {
  Counts counts;
  for (const Seen& s : all) {
    const Cell cell{s.cell.code, 0};
    const auto in = [&](Cube cube, Granularity g) -> auto& {
      return counts[{s.partition, cube, g, number_of(g, s.time)}];
    };
    ++in(Cube::oris, Granularity::day)[s.cell];
    ++in(Cube::disclosures, Granularity::day)[cell];
    ++in(Cube::disclosures, Granularity::hour)[cell];
    ++in(Cube::disclosures, Granularity::month)[{code_in_month(s.cell.code), 0}];
    if (s.in_minutes) ++in(Cube::disclosures, Granularity::minute)[cell];
  }
  return counts;
}

Counts taken(ObservationBuffer& buffer, const std::vector<Seen>& all) {
  for (const Seen& s : all) buffer.add(s.partition, s.time, s.in_minutes, s.cell);
  std::map<RowKey, std::string> runs;
  buffer.take(runs);
  Counts counts;
  for (const auto& [bucket, cells] : test::decoded(runs))
    for (const CellCount& c : cells) counts[bucket][c.cell] = c.count;
  return counts;
}

/// `code_bits`, `ori_bits`: how far the dimensions spread; `minutes`: how far the times do.
std::vector<Seen> random_observations(std::uint64_t seed, std::size_t count, unsigned code_bits,
                                      unsigned ori_bits, std::int64_t minutes) {
  std::mt19937_64 random(seed);
  std::vector<Seen> all;
  for (std::size_t i = 0; i < count; ++i) {
    // Every second bit of the code is never used, so that there is something to leave out.
    const std::uint64_t code = random() & 0x0555'5555'5555'5555ULL & ((std::uint64_t{1} << code_bits) - 1);
    const auto ori = static_cast<std::uint32_t>((random() & ((std::uint64_t{1} << ori_bits) - 1)) | 1U);
    const auto minute =
        static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(minutes)) - minutes / 2;
    all.push_back({static_cast<std::uint32_t>(random() % 3),
                   minute * kMinute + kSecond,
                   random() % 8 != 0,
                   {code, ori}});
  }
  return all;
}

TEST(ObservationBuffer, MakesEveryRunOfEveryBucket) {
  for (const std::int64_t minutes : {1, 3, 100, 5000, 4'000'000}) {
    for (const unsigned code_bits : {1U, 12U, 59U}) {
      const auto all = random_observations(7, 2000, code_bits, 3, minutes);
      ObservationBuffer buffer;
      EXPECT_EQ(taken(buffer, all), expected(all)) << minutes << ' ' << code_bits;
    }
  }
}

TEST(ObservationBuffer, CellsThatNeedMoreThanAWordAreCountedToo) {
  const auto all = random_observations(11, 3000, 59, 32, 100'000);
  ObservationBuffer buffer;
  EXPECT_EQ(taken(buffer, all), expected(all));
}

TEST(ObservationBuffer, WhereNoMinuteIsKeptThereIsNoMinute) {
  const std::vector<Seen> all{{0, kHour, false, {5, 9}}, {0, kHour, true, {5, 9}}, {0, kHour, false, {6, 9}}};
  ObservationBuffer buffer;
  const Counts counts = taken(buffer, all);
  EXPECT_EQ(counts, expected(all));
  EXPECT_EQ(counts.at({0, Cube::disclosures, Granularity::minute, 60}),
            (std::map<Cell, std::uint64_t>{{{5, 0}, 1}}));
}

TEST(ObservationBuffer, IsEmptyOnceTakenAndFillsAnew) {
  ObservationBuffer buffer;
  const std::vector<Seen> first{{0, 0, true, {1, 1}}, {1, kDay, true, {2, 1}}};
  taken(buffer, first);
  EXPECT_TRUE(taken(buffer, {}).empty());
  // The same minute as the last one before: it must be known anew.
  const std::vector<Seen> second{{1, kDay, true, {2, 1}}, {0, 0, true, {1, 1}}};
  EXPECT_EQ(taken(buffer, second), expected(second));
}

TEST(ObservationBuffer, KnowsItsSize) {
  ObservationBuffer buffer;
  buffer.add(0, 0, true, {1, 1});
  buffer.add(0, kMinute, true, {1, 1});
  buffer.add(1, 0, true, {1, 1});
  buffer.add(1, 0, true, {2, 1});
  EXPECT_EQ(buffer.size().observations, 4U);
  EXPECT_EQ(buffer.size().minutes, 3U);
}

TEST(ObservationBuffer, CountsOnAfterItGaveItsMemoryBack) {
  const auto all = random_observations(3, 5000, 20, 8, 1000);
  ObservationBuffer buffer;
  EXPECT_EQ(taken(buffer, all), expected(all));
  buffer.trim(0);
  EXPECT_EQ(taken(buffer, all), expected(all));
}

}  // namespace
}  // namespace blockwatch
