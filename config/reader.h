// Reads typed values out of TOML tables and reports what is wrong with them: unknown keys, wrong types,
// missing keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "config/diagnostic.h"
#include "config/toml.h"

namespace blockwatch {

/// Adds the diagnostics of one file. Borrows `diagnostics`.
class Reporter {
 public:
  Reporter(std::string_view file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}
  const std::string& file() const { return file_; }
  void error(toml::Place place, std::string what, std::string hint);
  /// A byte order mark would become part of the first key or cell: reported, never skipped.
  bool refuse_byte_order_mark(std::string_view bytes);

 private:
  std::string file_;
  Diagnostics& diagnostics_;
};

/// A text in a list, with its place.
struct PlacedText {
  std::string text;
  toml::Place place;
};

/// One table of agencies.toml or policy.toml. `subject` names it in every error: `block "il-ice"`. Borrows
/// both.
class TableReader {
 public:
  /// Reports every key that is not among `keys`.
  TableReader(const toml::Value& table, std::string subject, const std::vector<std::string_view>& keys,
              Reporter& reporter);

  const std::string& subject() const { return subject_; }
  void error(toml::Place place, const std::string& what, std::string hint) const {
    reporter_.error(place, subject_ + ": " + what, std::move(hint));
  }
  /// Where the key's value stands; the table's place if it has none.
  toml::Place place_of(std::string_view key) const;
  bool has(std::string_view key) const { return table_.find(key) != nullptr; }

  /// Empty result: absent, or reported. `needed_hint` non-empty: absence is reported with that hint.
  std::optional<PlacedText> text(std::string_view key, const std::string& needed_hint = {}) const;
  /// Empty list: absent, empty, or reported.
  std::vector<PlacedText> texts(std::string_view key, const std::string& needed_hint = {}) const;
  /// A TOML time with offset, a TOML date, or either as text; kNoTime: absent, or reported.
  TimeNs time(std::string_view key) const;
  /// Zero or more.
  std::optional<std::uint64_t> count(std::string_view key) const;
  /// The tables of a list; `header` is how each one begins: "[[block.exception]]".
  std::vector<const toml::Value*> tables(std::string_view key, std::string_view header) const;

 private:
  const toml::Value* value(std::string_view key, toml::Type type, const std::string& needed_hint) const;
  void wrong_type(std::string_view key, const toml::Value& value, std::string_view wanted,
                  std::string hint) const;

  const toml::Value& table_;
  std::string subject_;
  Reporter& reporter_;
};

/// `[[block]]` before its id is known.
std::string subject_of(std::string_view kind, const toml::Value& table, std::string_view id_key);

}  // namespace blockwatch
