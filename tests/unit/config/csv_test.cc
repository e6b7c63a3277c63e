#include "config/csv.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view bytes) {
  Diagnostics diagnostics;
  Reporter reporter("x.csv", diagnostics);
  CsvReader csv(bytes, reporter);
  Rows rows;
  for (std::vector<CsvCell> cells; csv.next(cells);) {
    rows.emplace_back();
    for (const CsvCell& cell : cells) rows.back().push_back(cell.text);
  }
  EXPECT_TRUE(diagnostics.empty()) << to_text(diagnostics.all().front());
  return rows;
}

TEST(Csv, SplitsRowsAndCells) {
  EXPECT_EQ(rows_of("a,b\nc,d\n"), (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(rows_of("a,b\r\nc,d"), (Rows{{"a", "b"}, {"c", "d"}})) << "CRLF, and no line end at the end";
  EXPECT_EQ(rows_of("a,,\n,\n"), (Rows{{"a", "", ""}, {"", ""}})) << "empty cells";
  EXPECT_EQ(rows_of("a,"), (Rows{{"a", ""}}));
  EXPECT_EQ(rows_of(" a , b\n"), (Rows{{" a ", " b"}})) << "blanks belong to the cell";
}

TEST(Csv, SkipsBlankLines) {
  EXPECT_EQ(rows_of(""), Rows{});
  EXPECT_EQ(rows_of("\n\r\na\n\n\nb\n\n"), (Rows{{"a"}, {"b"}}));
}

TEST(Csv, KeepsCommasQuotesAndLineEndsInsideQuotes) {
  EXPECT_EQ(rows_of("\"a,b\",\"c\"\"d\"\n"), (Rows{{"a,b", "c\"d"}}));
  EXPECT_EQ(rows_of("\"a\nb\r\nc\",d\n"), (Rows{{"a\nb\r\nc", "d"}}));
  EXPECT_EQ(rows_of("\"\",\"\"\"\"\n"), (Rows{{"", "\""}}));
  EXPECT_EQ(rows_of("x,\"y\"\r\n"), (Rows{{"x", "y"}}));
}

TEST(Csv, KnowsThePlaceOfEachCell) {
  Diagnostics diagnostics;
  Reporter reporter("x.csv", diagnostics);
  CsvReader csv("\n\"\xC3\xA9\nb\",c,\xC3\xA9\xC3\xA9,d\ne\n", reporter);
  std::vector<CsvCell> cells;
  ASSERT_TRUE(csv.next(cells));
  ASSERT_EQ(cells.size(), 4U);
  EXPECT_EQ(cells[0].place.line, 2);
  EXPECT_EQ(cells[0].place.col, 1);
  EXPECT_EQ(cells[1].place.line, 3);
  EXPECT_EQ(cells[1].place.col, 4);
  EXPECT_EQ(cells[3].place.col, 9) << "two-byte characters count once";
  ASSERT_TRUE(csv.next(cells));
  EXPECT_EQ(cells[0].place.line, 4);
}

}  // namespace
}  // namespace blockwatch
