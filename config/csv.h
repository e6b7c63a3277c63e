// CSV as RFC 4180 has it: cells in quotes may hold commas, line ends and doubled quotes; lines end in LF or
// CRLF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"

namespace blockwatch {

struct CsvCell {
  std::string text;
  toml::Place place;
};

/// Rows one by one. Borrows `bytes` (UTF-8) and `reporter`.
class CsvReader {
 public:
  CsvReader(std::string_view bytes, Reporter& reporter) : bytes_(bytes), reporter_(reporter) {}

  /// The next row that is not blank; false at the end. A row whose quotes are wrong is reported and skipped.
  bool next(std::vector<CsvCell>& row);

 private:
  bool read_row(std::vector<CsvCell>& row);
  bool read_quoted(CsvCell& cell);
  bool read_plain(CsvCell& cell);
  bool at_end() const { return at_ == bytes_.size(); }
  bool at_line_end() const { return at_end() || bytes_[at_] == '\n' || bytes_.substr(at_, 2) == "\r\n"; }
  char take();
  void take_line_end();
  void skip_line();
  bool fail(toml::Place place, std::string what, std::string hint);

  std::string_view bytes_;
  Reporter& reporter_;
  std::size_t at_ = 0;
  toml::Place place_;
};

}  // namespace blockwatch
