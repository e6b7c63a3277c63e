// Tables for people and for programs: aligned text that reads well in 100 columns, and RFC 4180.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace blockwatch {

inline constexpr std::size_t kTableWidth = 100;

struct TableColumn {
  std::string title;
  bool number = false;  // right-aligned, with thousands separators; a table's text columns come first
  bool whole = false;   // of texts: cut only after all others are
};

/// Cells as plain text, numbers as digits. `totals`: empty, or one cell a column.
struct Table {
  std::vector<TableColumn> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> totals;
};

struct TextStyle {
  bool color = false;
};

/// Long texts are cut with `…`; numbers never. Numbers that do not fit beside each other continue in a
/// further block that repeats the text columns.
std::string to_text(const Table& table, TextStyle style);

/// Header and rows, without totals; CRLF; quoted where needed.
std::string to_csv(const Table& table);

/// Takes the number columns (but the first) that hold nothing but zeros out of the table and returns their
/// titles.
std::vector<std::string> drop_zero_columns(Table& table);

/// `1234567` as `1,234,567`.
std::string with_separators(std::string_view digits);

/// How many columns UTF-8 text takes, a code point each.
std::size_t display_width(std::string_view text);

std::string bold(std::string_view text, TextStyle style);
/// For what must not be overlooked.
std::string warning_text(std::string_view text, TextStyle style);

}  // namespace blockwatch
