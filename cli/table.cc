#include "cli/table.h"

#include <algorithm>
#include <numeric>

namespace blockwatch {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kTextWidthMin = 8;
constexpr std::size_t kTextsWidthMax = 60;

// The first `width` code points of `text`, the last one `…` if any are missing.
std::string cut(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::size_t end = 0;
  for (std::size_t kept = 0; kept + 1 < width; ++kept) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string line_of(std::size_t width) {
  std::string out;
  for (std::size_t i = 0; i < width; ++i) out += "─";
  return out + "\n";
}

// Lays a table out: how wide each column is and which number columns stand in which block.
class Layout {
 public:
  explicit Layout(const Table& table) : table_(table) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      std::size_t width = display_width(table.columns[c].title);
      for (const auto& row : table.rows) width = std::max(width, display_width(shown(row, c)));
      if (!table.totals.empty()) width = std::max(width, display_width(shown(table.totals, c)));
      widths_.push_back(width);
      (table.columns[c].number ? numbers_ : texts_).push_back(c);
    }
    shrink_texts();
    split_numbers();
  }

  const std::vector<std::vector<std::size_t>>& blocks() const { return blocks_; }

  std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& columns) const {
    std::string out;
    for (const std::size_t c : columns) {
      if (!out.empty()) out.append(kGap, ' ');
      const std::string text = cut(shown(cells, c), widths_[c]);
      const std::string padding(widths_[c] - display_width(text), ' ');
      out += table_.columns[c].number ? padding + text : text + padding;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  }
  std::size_t width_of(const std::vector<std::size_t>& columns) const {
    const std::size_t sum = std::accumulate(columns.begin(), columns.end(), std::size_t{0},
                                            [&](std::size_t s, std::size_t c) { return s + widths_[c]; });
    return sum + (columns.empty() ? 0 : kGap * (columns.size() - 1));
  }

 private:
  std::string shown(const std::vector<std::string>& cells, std::size_t c) const {
    return table_.columns[c].number ? with_separators(cells[c]) : cells[c];
  }
  std::vector<std::size_t> all() const {
    std::vector<std::size_t> columns = texts_;
    columns.insert(columns.end(), numbers_.begin(), numbers_.end());
    return columns;
  }
  // The widest text gives way first, as far as that makes one block of everything.
  void shrink_texts() {
    const std::vector<std::size_t> natural = widths_;
    while (width_of(all()) > kTableWidth) {
      if (shrink_widest()) continue;
      if (numbers_.size() > 1) shrink_for_blocks(natural);
      return;
    }
  }
  // Several blocks are needed anyway: texts may take the larger part of the width.
  void shrink_for_blocks(const std::vector<std::size_t>& natural) {
    widths_ = natural;
    while (width_of(texts_) > kTextsWidthMax && shrink_widest()) {
    }
  }
  // False: no text column can give way any more. A title is never cut.
  bool shrink_widest() { return shrink_widest_of(false) || shrink_widest_of(true); }
  bool shrink_widest_of(bool whole) {
    std::size_t widest = table_.columns.size();
    for (const std::size_t c : texts_) {
      const TableColumn& column = table_.columns[c];
      if (column.whole != whole || widths_[c] <= std::max(kTextWidthMin, display_width(column.title)))
        continue;
      if (widest == table_.columns.size() || widths_[c] > widths_[widest]) widest = c;
    }
    if (widest == table_.columns.size()) return false;
    --widths_[widest];
    return true;
  }
  void split_numbers() {
    std::vector<std::size_t> block = texts_;
    for (const std::size_t c : numbers_) {
      block.push_back(c);
      if (width_of(block) <= kTableWidth || block.size() == texts_.size() + 1) continue;
      block.pop_back();
      blocks_.push_back(block);
      block = texts_;
      block.push_back(c);
    }
    blocks_.push_back(block);
  }

  const Table& table_;
  std::vector<std::size_t> widths_, texts_, numbers_;
  std::vector<std::vector<std::size_t>> blocks_;
};

std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

void append_csv(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) out += ',';
    out += csv_field(cells[i]);
  }
  out += "\r\n";
}

std::vector<std::string> titles(const Table& table) {
  std::vector<std::string> out;
  for (const auto& c : table.columns) out.push_back(c.title);
  return out;
}

template <class T>
void erase_at(std::vector<T>& values, std::size_t at) {
  values.erase(values.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

std::string to_text(const Table& table, TextStyle style) {
  const Layout layout(table);
  std::string out;
  for (const auto& block : layout.blocks()) {
    if (!out.empty()) out += '\n';
    const std::string rule = line_of(layout.width_of(block));
    out += bold(layout.line(titles(table), block), style) + '\n' + rule;
    for (const auto& row : table.rows) out += layout.line(row, block) + '\n';
    if (!table.totals.empty()) out += rule + bold(layout.line(table.totals, block), style) + '\n';
  }
  return out;
}

std::string to_csv(const Table& table) {
  std::string out;
  append_csv(out, titles(table));
  for (const auto& row : table.rows) append_csv(out, row);
  return out;
}

std::vector<std::string> drop_zero_columns(Table& table) {
  std::vector<std::string> dropped;
  bool first_number = true;
  for (std::size_t c = 0; c < table.columns.size();) {
    const bool zeros = table.columns[c].number && std::all_of(table.rows.begin(), table.rows.end(),
                                                              [&](const auto& row) { return row[c] == "0"; });
    const bool keep = !zeros || first_number;
    if (table.columns[c].number) first_number = false;
    if (keep) {
      ++c;
      continue;
    }
    dropped.push_back(table.columns[c].title);
    erase_at(table.columns, c);
    for (auto& row : table.rows) erase_at(row, c);
    if (!table.totals.empty()) erase_at(table.totals, c);
  }
  return dropped;
}

std::string with_separators(std::string_view digits) {
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::string(digits);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string bold(std::string_view text, TextStyle style) {
  return style.color ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}

std::string warning_text(std::string_view text, TextStyle style) {
  return style.color ? "\x1b[1;33m" + std::string(text) + "\x1b[0m" : std::string(text);
}

}  // namespace blockwatch
