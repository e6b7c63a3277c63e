#include "query/report_rows.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/check.h"
#include "pipeline/radix_sort.h"
#include "state/cell.h"

namespace blockwatch {
namespace {

// What tells the rows of one dimension apart.
std::int64_t value_of(Dimension dimension, const Group& key, const ReportWords& words) {
  const DisclosureCell c = unpack_disclosure(key.code);
  const MessageCell m = unpack_message(key.code);
  const bool messages = words.unit == Unit::messages;
  switch (dimension) {
    case Dimension::agency:
      return messages ? m.agency : c.agency;
    case Dimension::jurisdiction:
      return c.jurisdiction;
    case Dimension::cls:
      return static_cast<std::int64_t>(messages ? m.cls : c.cls);
    case Dimension::channel:
      return c.channel;
    case Dimension::outcome:
      return static_cast<std::int64_t>(c.outcome);
    case Dimension::verdict:
      return static_cast<std::int64_t>(c.verdict);
    case Dimension::ori:
      return key.ori;
    case Dimension::day:
      return key.time;
    case Dimension::month:
      return first_of_month(key.time);
  }
  BW_CHECK(false);
}

std::string text_of(Dimension dimension, std::int64_t value, const Names& names) {
  const auto index = static_cast<std::size_t>(value);
  switch (dimension) {
    case Dimension::agency:
      return names.agencies.at(index);
    case Dimension::jurisdiction:
      return std::string(jurisdiction_code(static_cast<Jurisdiction>(value)));
    case Dimension::cls:
      return std::string(name_of(static_cast<Class>(value)));
    case Dimension::channel:
      return names.channels.at(index);
    case Dimension::outcome:
      return std::string(name_of(static_cast<Outcome>(value)));
    case Dimension::verdict:
      return std::string(name_of(static_cast<Verdict>(value)));
    case Dimension::ori:
      return names.oris.at(index - 1);
    case Dimension::day:
      return day_text(value);
    case Dimension::month:
      return month_text(value);
  }
  BW_CHECK(false);
}

// The values of one dimension in all rows, and the place of their texts among the ascending ones.
class Column {
 public:
  Column(Dimension dimension, const std::vector<Group>& keys, const ReportWords& words, const Names& names) {
    boost::unordered_flat_map<std::int64_t, std::uint32_t> ids;  // in order of appearance
    std::vector<std::pair<std::string, std::uint32_t>> sorted;
    places_.reserve(keys.size());
    std::int64_t last = INT64_MIN;  // no dimension has it
    for (const Group& key : keys) {
      const std::int64_t value = value_of(dimension, key, words);
      if (value == last) {
        places_.push_back(places_.back());
        continue;
      }
      last = value;
      const auto [id, is_new] = ids.try_emplace(value, static_cast<std::uint32_t>(ids.size()));
      if (is_new) sorted.emplace_back(text_of(dimension, value, names), id->second);
      places_.push_back(id->second);
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::uint32_t> place_of_id(sorted.size());
    for (auto& [text, id] : sorted) {
      place_of_id[id] = static_cast<std::uint32_t>(texts_.size());
      texts_.push_back(std::move(text));
    }
    for (std::uint32_t& place : places_) place = place_of_id[place];
  }
  /// Width of a place. There is a text.
  unsigned bits() const { return static_cast<unsigned>(std::bit_width(texts_.size() - 1)); }
  std::uint32_t place(std::size_t row) const { return places_[row]; }
  std::vector<std::string> take_texts() { return std::move(texts_); }

 private:
  std::vector<std::uint32_t> places_;  // by row
  std::vector<std::string> texts_;     // by place
};

/// The rows in the order of their labels. A word is a row's places in all columns and behind them its number.
template <class Word>
std::vector<std::uint32_t> in_order(const std::vector<Column>& columns, std::size_t rows,
                                    unsigned number_bits, unsigned bits) {
  SortMemory<Word> memory;
  memory.words.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    Word word = 0;
    for (const Column& column : columns) word = word << column.bits() | column.place(row);
    memory.words.push_back(word << number_bits | row);
  }
  radix_sort(memory, number_bits, bits);
  std::vector<std::uint32_t> out;
  out.reserve(rows);
  const Word mask = (Word{1} << number_bits) - 1;
  for (const Word word : memory.words) out.push_back(static_cast<std::uint32_t>(word & mask));
  return out;
}

std::vector<std::uint32_t> in_order(const std::vector<Column>& columns, std::size_t rows) {
  if (rows == 0) return {};
  const auto number_bits = static_cast<unsigned>(std::bit_width(rows - 1));
  unsigned bits = number_bits;
  for (const Column& column : columns) bits += column.bits();
  // Days and months have 19 bits at most, agencies 20, channels 24, the small ones 14 together, and no column
  // more than the rows have: 60 million of them fit.
  BW_CHECK(bits <= 128);
  if (bits <= 64) return in_order<std::uint64_t>(columns, rows, number_bits, bits);
  return in_order<unsigned __int128>(columns, rows, number_bits, bits);
}

}  // namespace

void fill_rows(Report& report, Summing& sums, const ReportWords& words, const Names& names) {
  std::vector<Column> columns;
  for (const Dimension d : words.by) columns.emplace_back(d, sums.keys(), words, names);
  const std::vector<std::uint32_t> order = in_order(columns, sums.keys().size());
  report.rows.reserve(order.size());
  for (const std::uint32_t place : order) {
    ReportRow& row = report.rows.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) row.by[i] = columns[i].place(place);
    row.figures = place;
  }
  report.figures = sums.take_figures();
  for (const Figures& figures : report.figures) add(report.totals, figures);
  for (Column& column : columns) report.labels.push_back(column.take_texts());
}

}  // namespace blockwatch
