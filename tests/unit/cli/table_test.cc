#include "cli/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    widest = std::max(widest, display_width(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  return widest;
}

TEST(Table, NumbersAreRightAlignedWithSeparators) {
  const Table table{
      {{"agency", false}, {"requests", true}}, {{"ice", "1234567"}, {"hsi", "7"}}, {"total", "1234574"}};
  EXPECT_EQ(to_text(table, {}),
            "agency   requests\n"
            "─────────────────\n"
            "ice     1,234,567\n"
            "hsi             7\n"
            "─────────────────\n"
            "total   1,234,574\n");
}

TEST(Table, LongTextIsCutWithAnEllipsisBetweenCharacters) {
  const std::string name(120, 'x');
  const Table table{{{"policy", false}, {"n", true}}, {{"ä" + name, "1"}}, {}};
  const std::string text = to_text(table, {});
  EXPECT_EQ(widest_line(text), kTableWidth);
  EXPECT_THAT(text, HasSubstr("\nä"));
  EXPECT_THAT(text, HasSubstr("x…  1\n"));
}

TEST(Table, WholeColumnsAreCutAfterAllOthers) {
  const std::string name(60, 'x');
  const Table table{{{"policy"}, {"kind", false, true}}, {{name, name}}, {}};
  const std::string text = to_text(table, {});
  EXPECT_THAT(text, HasSubstr("\n" + std::string(37, 'x') + "…  " + name + "\n"));
  EXPECT_EQ(widest_line(text), kTableWidth);
}

TEST(Table, NumbersThatDoNotFitContinueInABlockThatRepeatsTheTexts) {
  Table table{{{"agency", false}}, {{"ice"}}, {"total"}};
  for (int i = 0; i < 13; ++i) {
    table.columns.push_back({"figure_" + std::to_string(i), true});
    table.rows[0].push_back("290000000");
    table.totals.push_back("290000000");
  }
  const std::string text = to_text(table, {});
  EXPECT_LE(widest_line(text), kTableWidth);
  EXPECT_THAT(text, HasSubstr("\n\nagency"));
  for (int i = 0; i < 13; ++i) EXPECT_THAT(text, HasSubstr("figure_" + std::to_string(i)));
}

TEST(Table, ColorStandsOnlyWhereAskedFor) {
  const Table table{{{"agency", false}}, {{"ice"}}, {}};
  EXPECT_THAT(to_text(table, {true}), HasSubstr("\x1b[1magency\x1b[0m"));
  EXPECT_THAT(to_text(table, {}), testing::Not(HasSubstr("\x1b")));
}

TEST(Table, ZeroColumnsButTheFirstNumberAreDroppedByName) {
  Table table{{{"agency", false}, {"requests", true}, {"gap", true}, {"leaks", true}},
              {{"ice", "0", "0", "3"}, {"hsi", "0", "0", "0"}},
              {"total", "0", "0", "3"}};
  EXPECT_THAT(drop_zero_columns(table), ElementsAre("gap"));
  EXPECT_EQ(table.columns.size(), 3);
  EXPECT_THAT(table.rows[0], ElementsAre("ice", "0", "3"));
  EXPECT_THAT(table.totals, ElementsAre("total", "0", "3"));
}

TEST(Csv, QuotesWhatNeedsItAndLeavesNumbersAlone) {
  const Table table{{{"name", false}, {"n", true}},
                    {{"plain", "1234567"}, {"a,b", "1"}, {"say \"no\"", "2"}, {"two\nlines", "3"}},
                    {"total", "9"}};
  EXPECT_EQ(to_csv(table),
            "name,n\r\nplain,1234567\r\n\"a,b\",1\r\n\"say \"\"no\"\"\",2\r\n\"two\nlines\",3\r\n");
}

TEST(Separators, StandBetweenThousandsAndOnlyInNumbers) {
  EXPECT_EQ(with_separators("0"), "0");
  EXPECT_EQ(with_separators("999"), "999");
  EXPECT_EQ(with_separators("1000"), "1,000");
  EXPECT_EQ(with_separators("290000000"), "290,000,000");
  EXPECT_EQ(with_separators("requests"), "requests");
}

}  // namespace
}  // namespace blockwatch
