#include "state/page.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/state/random_cells.h"

namespace blockwatch {
namespace {

using test::Cells;

/// A page as the store keeps it.
struct Page {
  RunKind kind;
  std::vector<std::string> runs{};
  std::uint64_t bytes_written = 0;

  void commit(const Cells& cells) {
    runs.push_back(test::run_of(cells, kind));
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

TEST(Page, AnySequenceOfCommitsSumsToTheSameCellsAndStaysAFewRuns) {
  test::Random random;
  for (int round = 0; round < 40; ++round) {
    Page page{test::kRunKinds[static_cast<std::size_t>(round) % kRunKindCount]};
    Cells expected;
    for (std::uint64_t n = 1 + random.below(200); n > 0; --n) {
      const std::size_t size = 1 + (random.below(300) >> random.below(9));
      const Cells delta = test::random_cells(random, size, page.kind);
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
  Page page{RunKind::oris};
  std::size_t runs_max = 0;
  for (int i = 0; i < kEvents; ++i) {
    page.commit({{test::random_cell(random, RunKind::oris), 1}});
    runs_max = std::max(runs_max, page.runs.size());
  }
  std::uint64_t final_bytes = 0;
  for (const std::string& run : page.runs) final_bytes += run.size();
  EXPECT_LE(runs_max, kRunsMax);
  EXPECT_GE(runs_max, 4U) << "merging everything at once would rewrite the page at each commit";
  EXPECT_LE(static_cast<double>(page.bytes_written),
            static_cast<double>(final_bytes) * (std::log2(kEvents) + 2));
}

/// How many runs are left of n equal ones.
std::size_t runs_left(std::uint64_t n, std::uint64_t bytes) {
  std::vector<std::uint64_t> sizes;
  for (; n > 0; --n) {
    sizes.push_back(bytes);
    const std::size_t merged = runs_to_merge(sizes);
    const auto added =
        std::accumulate(sizes.end() - static_cast<std::ptrdiff_t>(merged), sizes.end(), std::uint64_t{0});
    sizes.resize(sizes.size() - merged + 1);
    sizes.back() = added;
  }
  return sizes.size();
}

TEST(Page, EqualRunsCombineLikeTheDigitsOfACounter) {
  for (std::uint64_t n = 1; n <= kRunsMerged * kRunsMerged * kRunsMerged; ++n) {
    std::size_t digits = 0;
    for (std::uint64_t rest = n; rest != 0; rest /= kRunsMerged) digits += rest % kRunsMerged;
    ASSERT_EQ(runs_left(n, kSmallRun), digits) << n;
  }
}

TEST(Page, SmallRunsWaitForMoreOfThem) {
  constexpr std::uint64_t kBytes = kSmallRun / kSmallRunsMerged;
  EXPECT_EQ(runs_left(kSmallRunsMerged - 1, kBytes), kSmallRunsMerged - 1);
  EXPECT_EQ(runs_left(kSmallRunsMerged, kBytes), 1U);
  EXPECT_EQ(runs_left(kSmallRunsMerged * kRunsMerged, kBytes), 1U) << "together they are small no more";
}

TEST(Page, ASmallRunNeverRewritesALargePage) {
  const std::vector<std::uint64_t> sizes{1'000'000, 10};
  EXPECT_EQ(runs_to_merge(sizes), 1U);
}

TEST(Page, NoSequenceOfSizesPassesTheBoundOfRuns) {
  // Each too small to be similar to the one before.
  std::vector<std::uint64_t> falling;
  for (double size = 1e18; size >= 2; size /= 1.8) {
    falling.push_back(static_cast<std::uint64_t>(size));
    const std::size_t merged = runs_to_merge(falling);
    for (std::size_t i = 1; i < merged; ++i) {
      falling[falling.size() - 2] += falling.back();
      falling.pop_back();
    }
    ASSERT_LE(falling.size(), kRunsMax);
  }
  EXPECT_EQ(falling.size(), kRunsMax);
}

TEST(Page, RunsOfTwoKindsAreNotMerged) {
  const std::string codes = test::run_of({{{1, 0}, 1}}, RunKind::codes);
  const std::string oris = test::run_of({{{1, 0}, 1}}, RunKind::oris);
  EXPECT_FALSE(merge_runs(std::vector<std::string_view>{codes, oris}));
  EXPECT_FALSE(merge_runs(std::vector<std::string_view>{oris, codes}));
}

TEST(Page, ADamagedRunIsNotMerged) {
  test::Random random;
  for (const RunKind kind : test::kRunKinds) {
    const std::string intact = test::run_of(test::random_cells(random, 100, kind), kind);
    for (std::size_t n = 0; n < intact.size(); ++n) {
      const std::string cut = intact.substr(0, n);
      ASSERT_FALSE(merge_runs(std::vector<std::string_view>{intact, cut})) << n;
      ASSERT_FALSE(merge_runs(std::vector<std::string_view>{cut, intact})) << n;
    }
  }
}

}  // namespace
}  // namespace blockwatch
