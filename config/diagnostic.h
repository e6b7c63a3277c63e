// An operator's mistake as a value: all of them are collected and shown at once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace blockwatch {

/// Prints as `file:line:col: error: what (hint)`. `line` and `col` (characters) count from 1; 0 = the whole
/// file.
struct Diagnostic {
  std::string file;
  int line = 0;
  int col = 0;
  std::string what;  // subject, value, limit
  std::string hint;  // what to do
};

/// Collects; bad configuration is "not empty". Not thread-safe.
class Diagnostics {
 public:
  void add(Diagnostic d);
  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  /// In order of file (as first seen), line, column.
  const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::size_t rank_of(const std::string& file) const;

  std::vector<std::string> files_;  // as first seen
  std::vector<Diagnostic> all_;
};

std::string to_text(const Diagnostic& d);

}  // namespace blockwatch
