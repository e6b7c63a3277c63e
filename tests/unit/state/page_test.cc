#include "state/page.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "state/cell.h"
#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

using test::Cells;

/// Cells as the product makes them: few agencies, channels and codes, many ORIs; now and then anything at
/// all.
Cell random_cell(test::Random& random, bool with_ori) {
  if (random.below(50) == 0)
    return {random.any_size(), with_ori ? static_cast<std::uint32_t>(random.any_size()) : 0};
  const std::uint64_t ori = random.below(18'000);
  DisclosureCell c;
  c.jurisdiction = static_cast<Jurisdiction>(random.below(kJurisdictionCount));
  c.agency = static_cast<DictionaryId>(ori % 120);
  c.channel = static_cast<DictionaryId>(random.below(3));
  c.cls = static_cast<Class>(random.below(3));
  c.photo = random.below(5) == 0;
  c.outcome = static_cast<Outcome>(random.below(kOutcomeCount));
  c.verdict = random.below(100) == 0 ? Verdict::blocked : Verdict::none;
  return {pack(c), with_ori ? static_cast<std::uint32_t>(ori + 1) : 0};
}

Cells random_cells(test::Random& random, std::size_t n, bool with_ori) {
  Cells cells;
  for (std::size_t i = 0; i < n; ++i)
    cells[random_cell(random, with_ori)] += 1 + random.below(3) * random.below(500);
  return cells;
}

/// A bucket as the store keeps it.
struct Page {
  std::vector<std::string> runs;
  std::uint64_t bytes_written = 0;

  void commit(const Cells& cells) {
    runs.push_back(encode_run(test::run_of(cells)));
    std::vector<std::uint64_t> sizes;
    for (const std::string& run : runs) sizes.push_back(run.size());
    const std::size_t n = runs_to_merge(sizes);
    if (n > 1) {
      const std::vector<std::string_view> last(runs.end() - static_cast<std::ptrdiff_t>(n), runs.end());
      std::string merged = *merge_runs(last);
      runs.resize(runs.size() - n);
      runs.push_back(std::move(merged));
    }
    bytes_written += runs.back().size();
  }
};

TEST(Page, ARunReadsBackItsCells) {
  test::Random random;
  for (int i = 0; i < 500; ++i) {
    const Cells cells = random_cells(random, random.below(200), i % 2 == 0);
    Cells back;
    test::add_to(back, encode_run(test::run_of(cells)));
    ASSERT_EQ(back, cells);
  }
}

TEST(Page, ExtremeCellsReadBack) {
  Cells cells;
  for (const std::uint64_t code : {std::uint64_t{0}, std::uint64_t{1}, (std::uint64_t{1} << 33U) - 1,
                                   std::uint64_t{1} << 33U, UINT64_MAX - 1, UINT64_MAX})
    for (const std::uint32_t ori : {0U, 1U, UINT32_MAX})
      for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{2}, UINT64_MAX})
        cells[{code, ori}] = count;
  Cells back;
  test::add_to(back, encode_run(test::run_of(cells)));
  EXPECT_EQ(back, cells);
}

TEST(Page, AnySequenceOfCommitsSumsToTheSameCellsAndStaysAFewRuns) {
  test::Random random;
  for (int round = 0; round < 40; ++round) {
    Page page;
    Cells expected;
    const bool with_ori = round % 2 == 0;
    for (std::uint64_t n = 1 + random.below(200); n > 0; --n) {
      const std::size_t size = 1 + (random.below(300) >> random.below(9));
      const Cells delta = random_cells(random, size, with_ori);
      for (const auto& [cell, count] : delta) expected[cell] += count;
      page.commit(delta);
      ASSERT_LE(page.runs.size(), kRunsMax);
    }
    Cells sum;
    for (const std::string& run : page.runs) test::add_to(sum, run);
    ASSERT_EQ(sum, expected);
  }
}

TEST(Page, OneCommitPerEventAllDayKeepsFewRunsAndRewritesLogarithmically) {
  test::Random random;
  constexpr int kEvents = 30'000;
  Page page;
  std::size_t runs_max = 0;
  for (int i = 0; i < kEvents; ++i) {
    page.commit({{random_cell(random, true), 1}});
    runs_max = std::max(runs_max, page.runs.size());
  }
  std::uint64_t final_bytes = 0;
  for (const std::string& run : page.runs) final_bytes += run.size();
  EXPECT_LE(runs_max, kRunsMax);
  EXPECT_GE(runs_max, 4U) << "merging everything at once would rewrite the page at each commit";
  EXPECT_LE(static_cast<double>(page.bytes_written),
            static_cast<double>(final_bytes) * (std::log2(kEvents) + 2));
}

TEST(Page, EqualRunsCombineLikeTheDigitsOfACounterToTheBaseFour) {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t n = 1; n <= 64; ++n) {
    sizes.push_back(100);
    const std::size_t merged = runs_to_merge(sizes);
    const auto added =
        std::accumulate(sizes.end() - static_cast<std::ptrdiff_t>(merged), sizes.end(), std::uint64_t{0});
    sizes.resize(sizes.size() - merged + 1);
    sizes.back() = added;
    std::size_t digits = 0;
    for (std::uint64_t rest = n; rest != 0; rest /= 4) digits += rest % 4;
    ASSERT_EQ(sizes.size(), digits) << n;
  }
}

TEST(Page, ASmallRunNeverRewritesALargePage) {
  const std::vector<std::uint64_t> sizes{1'000'000, 10};
  EXPECT_EQ(runs_to_merge(sizes), 1U);
}

TEST(Page, NoSequenceOfSizesPassesTheBoundOfRuns) {
  std::vector<std::uint64_t> halving;
  for (unsigned shift = 60; shift > 0; shift -= 2) {
    halving.push_back(std::uint64_t{1} << shift);
    const std::size_t merged = runs_to_merge(halving);
    for (std::size_t i = 1; i < merged; ++i) {
      halving[halving.size() - 2] += halving.back();
      halving.pop_back();
    }
    ASSERT_LE(halving.size(), kRunsMax);
  }
  EXPECT_EQ(halving.size(), kRunsMax);
}

TEST(Page, ACellOfAReplayedDayTakesAtMostSixBytes) {
  test::Random random;
  Cells cells;
  for (int i = 0; i < 200'000; ++i) {
    Cell cell = random_cell(random, true);
    cells[cell] += 1;
  }
  const double bytes =
      static_cast<double>(encode_run(test::run_of(cells)).size()) / static_cast<double>(cells.size());
  EXPECT_LE(bytes, 6.0);
  RecordProperty("bytes_per_cell", std::to_string(bytes));
}

TEST(Page, DamagedRunsAreRefused) {
  test::Random random;
  const std::string intact = encode_run(test::run_of(random_cells(random, 100, true)));
  for (std::size_t n = 0; n < intact.size(); ++n) {
    const std::string cut = intact.substr(0, n);
    RunReader reader(cut);
    while (reader.next()) {
    }
    ASSERT_TRUE(reader.damaged()) << n;
    const std::vector<std::string_view> both{intact, cut};
    ASSERT_FALSE(merge_runs(both)) << n;
  }
  const std::vector<std::string> bad{
      intact + "x",                                // more than the count says
      std::string("\x02\x00", 2),                  // not a flag
      std::string("\x00\x02\x04\x00", 4),          // the same cell twice
      std::string("\x01\x02\x04\x05\x00\x00", 6),  // the same ORI twice
  };
  for (const std::string& bytes : bad) {
    RunReader reader(bytes);
    while (reader.next()) {
    }
    EXPECT_TRUE(reader.damaged());
  }
}

}  // namespace
}  // namespace blockwatch
