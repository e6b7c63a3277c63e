#include "state/run.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/state/random_cells.h"

namespace blockwatch {
namespace {

using test::Cells;

constexpr std::uint64_t kLow33 = (std::uint64_t{1} << 33U) - 1;

TEST(Run, ReadsBackItsCells) {
  test::Random random;
  for (int i = 0; i < 600; ++i) {
    const RunKind kind = test::kRunKinds[static_cast<std::size_t>(i) % kRunKindCount];
    const Cells cells = test::random_cells(random, random.below(200), kind);
    Cells back;
    test::add_to(back, test::run_of(cells, kind));
    ASSERT_EQ(back, cells);
  }
}

TEST(Run, ExtremeCellsReadBack) {
  for (const RunKind kind : test::kRunKinds) {
    const std::vector<std::uint32_t> details = kind == RunKind::codes ? std::vector<std::uint32_t>{0}
                                               : kind == RunKind::minutes
                                                   ? std::vector<std::uint32_t>{0, 1, 59}
                                                   : std::vector<std::uint32_t>{0, 1, UINT32_MAX};
    Cells cells;
    for (const std::uint64_t code : {std::uint64_t{0}, std::uint64_t{1}, kLow33, kLow33 + 1,
                                     std::uint64_t{1} << 53U, UINT64_MAX - 1, UINT64_MAX})
      for (const std::uint32_t detail : details)
        for (const std::uint64_t count : {std::uint64_t{1}, std::uint64_t{2}, UINT64_MAX})
          cells[{code, detail}] = count;
    Cells back;
    test::add_to(back, test::run_of(cells, kind));
    EXPECT_EQ(back, cells);
  }
}

TEST(Run, AWriterIsAsNewOnceItHasFinished) {
  test::Random random;
  for (const RunKind kind : test::kRunKinds) {
    RunWriter writer(kind);
    writer.append({{5, 0}, 1});
    writer.finish();
    writer.append({{4, 0}, 2});
    EXPECT_EQ(writer.finish(), test::run_of({{{4, 0}, 2}}, kind));
  }
}

TEST(Run, AnOriWithTwoAgenciesKeepsThemApart) {
  const std::uint64_t agency = kLow33 + 1;
  const Cells cells{{{1 * agency, 7}, 3}, {{2 * agency, 7}, 4}, {{2 * agency, 8}, 5}};
  Cells back;
  test::add_to(back, test::run_of(cells, RunKind::oris));
  EXPECT_EQ(back, cells);
}

/// Bytes a cell, of so many observations.
double bytes_a_cell(RunKind kind, int observations) {
  test::Random random;
  Cells cells;
  for (int i = 0; i < observations; ++i) ++cells[test::usual_cell(random, kind)];
  return static_cast<double>(test::run_of(cells, kind).size()) / static_cast<double>(cells.size());
}

TEST(Run, ACellOfAReplayedDayTakesAtMostThreeBytes) {
  EXPECT_LE(bytes_a_cell(RunKind::oris, 200'000), 3.0);
}

TEST(Run, ACellOfAMinuteTakesAtMostThreeBytes) {
  EXPECT_LE(bytes_a_cell(RunKind::minutes, 200'000), 3.0);
}

bool is_refused(const std::string& bytes) {
  RunReader reader(bytes);
  while (reader.next()) {
  }
  return reader.damaged();
}

TEST(Run, DamagedOnesAreRefused) {
  test::Random random;
  for (const RunKind kind : test::kRunKinds) {
    const std::string intact = test::run_of(test::random_cells(random, 100, kind), kind);
    EXPECT_FALSE(is_refused(intact));
    for (std::size_t n = 0; n < intact.size(); ++n) ASSERT_TRUE(is_refused(intact.substr(0, n))) << n;
    EXPECT_TRUE(is_refused(intact + "x")) << "more than the count says";
  }
  for (int i = 0; i < 50'000; ++i) {
    std::string any = random.bytes(60);
    if (!any.empty()) any[0] = static_cast<char>(random.below(kRunKindCount));
    is_refused(any);
  }
  const auto bytes = [](std::initializer_list<int> all) {
    std::string out;
    for (const int b : all) out += static_cast<char>(b);
    return out;
  };
  EXPECT_FALSE(is_refused(bytes({0, 2, 4, 4})));
  EXPECT_TRUE(is_refused(bytes({3, 0}))) << "no kind";
  EXPECT_TRUE(is_refused(bytes({0, 2, 4, 0}))) << "the same cell twice";
  EXPECT_FALSE(is_refused(bytes({1, 2, 4, 5, 0, 1})));
  EXPECT_TRUE(is_refused(bytes({1, 2, 4, 5, 0, 0}))) << "the same minute twice";
  EXPECT_TRUE(is_refused(bytes({1, 1, 4, 60}))) << "no minute of an hour";
  // One asker (ORI 5 of agency 3), one low (9), cells.
  EXPECT_FALSE(is_refused(bytes({2, 1, 5, 3, 1, 9, 1, 0, 0})));
  EXPECT_TRUE(is_refused(bytes({2, 1, 5, 3, 1, 9, 2, 0, 0, 0, 0}))) << "the same cell twice";
  EXPECT_TRUE(is_refused(bytes({2, 1, 5, 3, 1, 9, 1, 4, 0}))) << "an asker that is not in the list";
  EXPECT_TRUE(is_refused(bytes({2, 1, 5, 3, 1, 9, 1, 0, 1}))) << "a low that is not in the list";
  EXPECT_TRUE(is_refused(bytes({2, 2, 5, 3, 0, 3, 1, 9, 1, 0, 0}))) << "the same asker twice";
  EXPECT_TRUE(is_refused(bytes({2, 1, 5, 3, 2, 9, 0, 1, 0, 0}))) << "the same low twice";
}

}  // namespace
}  // namespace blockwatch
