#include "config/csv.h"

#include <utility>

namespace blockwatch {

bool CsvReader::fail(toml::Place place, std::string what, std::string hint) {
  reporter_.error(place, std::move(what), std::move(hint));
  skip_line();
  return false;
}

char CsvReader::take() {
  const char c = bytes_[at_++];
  if (c == '\n') {
    ++place_.line;
    place_.col = 1;
  } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) {  // columns count characters, not bytes
    ++place_.col;
  }
  return c;
}

void CsvReader::take_line_end() {
  if (!at_end() && bytes_[at_] == '\r') take();
  if (!at_end()) take();
}

void CsvReader::skip_line() {
  while (!at_end() && bytes_[at_] != '\n') take();
  take_line_end();
}

bool CsvReader::next(std::vector<CsvCell>& row) {
  while (!at_end()) {
    if (at_line_end()) {
      take_line_end();
      continue;
    }
    if (read_row(row)) return true;
  }
  return false;
}

bool CsvReader::read_row(std::vector<CsvCell>& row) {
  row.clear();
  while (true) {
    CsvCell& cell = row.emplace_back();
    cell.place = place_;
    const bool read = !at_end() && bytes_[at_] == '"' ? read_quoted(cell) : read_plain(cell);
    if (!read) return false;
    if (at_line_end()) {
      take_line_end();
      return true;
    }
    take();  // the comma
  }
}

bool CsvReader::read_quoted(CsvCell& cell) {
  take();
  while (true) {
    if (at_end()) {
      return fail(cell.place, "a cell begins with a quote that is never closed",
                  "close it, or double a quote that is meant: \"\"");
    }
    const char c = take();
    if (c != '"') {
      cell.text += c;
    } else if (!at_end() && bytes_[at_] == '"') {
      cell.text += take();
    } else {
      break;
    }
  }
  if (at_line_end() || bytes_[at_] == ',') return true;
  return fail(place_, "text after the closing quote of a cell",
              "end the cell here with a comma; inside quotes write a quote as \"\"");
}

bool CsvReader::read_plain(CsvCell& cell) {
  while (!at_line_end() && bytes_[at_] != ',') {
    if (bytes_[at_] == '"') {
      return fail(place_, "a quote inside a cell without quotes",
                  "put the whole cell in quotes and write a quote as \"\"");
    }
    if (bytes_[at_] == '\r') {
      return fail(place_, "a carriage return without line feed", "end lines with LF or CRLF");
    }
    cell.text += take();
  }
  return true;
}

}  // namespace blockwatch
