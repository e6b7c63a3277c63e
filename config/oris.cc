// oris.csv: which ORI belongs to whom, and when.
#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

#include "config/csv.h"
#include "config/draft.h"
#include "config/grammar.h"

namespace blockwatch {
namespace {

enum Column : std::size_t {
  kOri,
  kAgency,
  kName,
  kType,
  kStatus,
  kLine,
  kState,
  kValidFrom,
  kValidTo,
  kTags,
  kColumns
};
constexpr std::array<std::string_view, kColumns> kHeader{"ori",  "agency", "name",       "type",     "status",
                                                         "line", "state",  "valid_from", "valid_to", "tags"};

std::string header_text() {
  return grammar::joined({kHeader.begin(), kHeader.end()});
}

class OrisReader {
 public:
  OrisReader(CatalogDraft& draft, Reporter& reporter) : draft_(draft), reporter_(reporter) {}

  void read(std::string_view bytes) {
    CsvReader csv(bytes, reporter_);
    if (!read_header(csv)) return;
    std::vector<CsvCell> cells;
    while (csv.next(cells)) read_row(cells);
    report_overlaps();
    std::sort(rows_.begin(), rows_.end(), &OrisReader::before);
    draft_.catalog.oris.reserve(rows_.size());
    for (PlacedRow& row : rows_) draft_.catalog.oris.push_back(std::move(row.row));
  }

 private:
  struct PlacedRow {
    OriRow row;
    toml::Place place;
  };

  static bool before(const PlacedRow& a, const PlacedRow& b) {
    return std::tie(a.row.ori, a.row.validity.from) <
           std::tie(b.row.ori, b.row.validity.from);  // open = smallest
  }

  bool read_header(CsvReader& csv);
  void read_row(std::vector<CsvCell>& cells);
  OriRow checked(const std::vector<CsvCell>& cells, Ori ori);
  Validity validity_of(const std::vector<CsvCell>& cells, const std::string& subject);
  TimeNs time_of(const CsvCell& cell, std::string_view name, const std::string& subject);
  void report_overlaps();

  CatalogDraft& draft_;
  Reporter& reporter_;
  std::vector<PlacedRow> rows_;
};

bool OrisReader::read_header(CsvReader& csv) {
  std::vector<CsvCell> cells;
  const bool read = csv.next(cells);
  const bool equal =
      read && std::equal(cells.begin(), cells.end(), kHeader.begin(), kHeader.end(),
                         [](const CsvCell& cell, std::string_view name) { return cell.text == name; });
  if (equal) return true;
  std::size_t wrong = 0;
  while (wrong < cells.size() && wrong < kColumns && cells[wrong].text == kHeader[wrong]) ++wrong;
  reporter_.error(
      wrong < cells.size() ? cells[wrong].place : toml::Place{},
      "the first row must name exactly these columns: " + header_text(),
      "copy the header from the example catalog; cells may stay empty, columns may not be left out");
  return false;
}

TimeNs OrisReader::time_of(const CsvCell& cell, std::string_view name, const std::string& subject) {
  if (cell.text.empty()) return kNoTime;
  const auto time = grammar::time_from(cell.text);
  if (!time) {
    reporter_.error(cell.place,
                    subject + ": " + std::string(name) + ' ' + toml::quoted(cell.text.substr(0, 64)) +
                        " is no date and no time with offset",
                    "write 2025-11-12T00:00:00-06:00 or, for 00:00 UTC, 2025-11-12");
  }
  return time.value_or(kNoTime);
}

Validity OrisReader::validity_of(const std::vector<CsvCell>& cells, const std::string& subject) {
  const Validity v{time_of(cells[kValidFrom], kHeader[kValidFrom], subject),
                   time_of(cells[kValidTo], kHeader[kValidTo], subject)};
  if (v.from != kNoTime && v.to != kNoTime && v.to <= v.from) {
    reporter_.error(cells[kValidTo].place, subject + ": valid_to is not after valid_from",
                    "swap them, or leave one empty: [valid_from, valid_to) must hold some time");
  }
  return v;
}

OriRow OrisReader::checked(const std::vector<CsvCell>& cells, Ori ori) {
  const std::string subject = "ORI " + ori.str();
  OriRow row;
  row.ori = ori;
  if (!cells[kAgency].text.empty()) {
    row.agency = find_node(draft_.known(), {cells[kAgency].text, cells[kAgency].place}, subject, reporter_);
  }
  row.name = cells[kName].text;
  row.type = cells[kType].text;
  row.inactive = cells[kStatus].text == "inactive";
  row.line = cells[kLine].text;
  if (!row.line.empty() && !grammar::is_line_code(row.line)) {
    reporter_.error(
        cells[kLine].place,
        subject + ": the line " + toml::quoted(row.line.substr(0, 32)) + " is not 1 to 4 of A-Z 0-9",
        "write it as the switch does, or leave it empty");
  }
  row.state = cells[kState].text;
  if (!row.state.empty() && !jurisdiction_from(row.state)) {
    reporter_.error(
        cells[kState].place,
        subject + ": the state " + toml::quoted(row.state.substr(0, 32)) + " is none of the 56 jurisdictions",
        "give a postal code; leave it empty for an office outside the 56");
  }
  row.validity = validity_of(cells, subject);
  for (std::string_view rest = cells[kTags].text; !rest.empty();) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    row.shared = row.shared || rest.substr(0, end) == "shared";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return row;
}

void OrisReader::read_row(std::vector<CsvCell>& cells) {
  if (cells.size() > kColumns) {
    reporter_.error(cells[kColumns].place,
                    "the row has " + std::to_string(cells.size()) + " cells, the header names " +
                        std::to_string(std::size_t{kColumns}),
                    "put a cell that holds a comma in quotes");
    return;
  }
  const toml::Place place = cells[kOri].place;
  cells.resize(kColumns);  // a short row: the rest is empty
  const auto ori = Ori::from(grammar::upper(grammar::trimmed(cells[kOri].text)));
  if (!ori) {
    reporter_.error(
        place,
        "the ORI " + toml::quoted(cells[kOri].text.substr(0, 32)) + " is not nine characters of A-Z 0-9",
        "write it as the FBI assigned it: VTICE0900");
    return;
  }
  rows_.push_back({checked(cells, *ori), place});
}

void OrisReader::report_overlaps() {
  std::vector<const PlacedRow*> order;
  order.reserve(rows_.size());
  for (const PlacedRow& row : rows_) order.push_back(&row);
  std::stable_sort(order.begin(), order.end(),
                   [](const PlacedRow* a, const PlacedRow* b) { return before(*a, *b); });
  const auto end_of = [](const PlacedRow* row) {
    return row->row.validity.to == kNoTime ? kTimeMax : row->row.validity.to;
  };
  const PlacedRow* longest = nullptr;  // of this ORI, so far
  for (const PlacedRow* row : order) {
    const bool same = longest != nullptr && longest->row.ori == row->row.ori;
    if (same && row->row.validity.from < end_of(longest)) {
      const auto [first, second] = std::minmax(longest->place.line, row->place.line);
      reporter_.error(
          {second, row->place.line == second ? row->place.col : longest->place.col},
          "ORI " + row->row.ori.str() + ": the row holds at the same time as line " + std::to_string(first),
          "let valid_to of one be valid_from of the next");
    }
    if (!same || end_of(row) > end_of(longest)) longest = row;
  }
}

}  // namespace

void read_oris(CatalogDraft& draft, Reporter& reporter) {
  const std::string_view bytes = draft.catalog.oris_bytes;
  if (reporter.refuse_byte_order_mark(bytes)) return;
  if (const auto bad = grammar::first_bad_utf8(bytes)) {
    const std::string_view good = bytes.substr(0, *bad);
    const auto line = 1 + std::count(good.begin(), good.end(), '\n');
    const std::string_view last = good.substr(good.rfind('\n') + 1);  // npos + 1 = 0
    const auto col = 1 + std::count_if(last.begin(), last.end(), [](char c) {
                       return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
                     });
    reporter.error({static_cast<int>(line), static_cast<int>(col)}, "the file is not UTF-8",
                   "convert it: iconv -f WINDOWS-1252 -t UTF-8");
    return;
  }
  OrisReader(draft, reporter).read(bytes);
}

}  // namespace blockwatch
