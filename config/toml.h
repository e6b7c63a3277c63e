// TOML text as a small tree of values with their places. toml++ itself is compiled in toml.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blockwatch {
class Reporter;
}

namespace blockwatch::toml {

/// Line and column, in characters, from 1.
struct Place {
  int line = 1;
  int col = 1;
};

enum class Type { text, integer, number, boolean, date, time_of_day, local_time, time, list, table };

/// "a whole number", "a list": for error texts.
std::string_view name_of(Type type);

struct Entry;

/// One value; which of the members holds it is said by `type`.
struct Value {
  Type type = Type::table;
  Place place;
  /// text; a date as 2025-11-12; a time with offset as RFC 3339.
  std::string text;
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<Value> items;
  std::vector<Entry> entries;  // in order of place

  const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Place place;  // of the key
  Value value;
};

/// The whole file as a table; empty result: the mistake was reported.
std::optional<Value> parse(std::string_view bytes, Reporter& reporter);

/// `text` as a TOML basic string, with quotes; control characters as escapes, so that it is safe on a
/// terminal.
std::string quoted(std::string_view text);

}  // namespace blockwatch::toml
