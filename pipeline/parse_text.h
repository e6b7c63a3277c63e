// The grammars of a query event's texts, and the scanners that say what a payload is when it is not one JSON
// value.
//
// Everything here is a pure function of bytes. Case means A-Z and a-z only, trimming U+0020 only: no other
// character may turn into a letter of a code.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/fixed_string.h"
#include "base/ori.h"

namespace blockwatch::text {

/// Objects and arrays that may be open at once.
inline constexpr std::size_t kDepthMax = 64;

/// Without U+0020 at both ends.
std::string_view trimmed(std::string_view text);

/// Upper-case of an ASCII letter; every other byte as it is.
constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
/// [A-Z0-9]
constexpr bool is_code_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Upper-cased [A-Z0-9]{1,kMax} into `out`; false: the text is none, and `out` is undefined.
template <std::size_t kMax>
bool read_code(std::string_view text, FixedString<kMax>& out) {
  if (text.empty() || text.size() > kMax) return false;
  for (const char c : text) {
    if (!is_code_character(upper(c))) return false;
  }
  out.assign(text, upper);
  return true;
}

/// Lower-cased [a-z0-9_.-]{1,32}.
bool read_channel(std::string_view text, FixedString<32>& out);

/// Upper-cased [A-Z0-9]{1,8}(/[A-Z0-9]{1,8})*: the part before the first '/' into `key`; `image` if any part
/// is IMQ.
bool read_message_key(std::string_view text, FixedString<8>& key, bool& image);

/// Trimmed and upper-cased [A-Z0-9]{9}; false: the text is none, and `out` is undefined.
bool read_ori(std::string_view text, Ori& out);

/// Trimmed and upper-cased; what is longer than an ORI cannot be a destination and becomes empty.
void read_destination(std::string_view text, FixedString<9>& out);

/// A \u escape of half a surrogate pair anywhere between quotes, whether or not the rest is JSON.
bool has_lone_surrogate_escape(std::string_view payload);

/// More than kDepthMax objects and arrays open at once, before the outermost closes.
bool is_too_deep(std::string_view payload);

/// One past the last byte of the first JSON value, found by its brackets, quotes or longest number only:
/// whether these bytes are valid is the JSON parser's to say. npos: no value begins or none ends.
std::size_t first_value_end(std::string_view payload);

/// Nothing but space, tab, carriage return, line feed.
bool is_blank(std::string_view text);

}  // namespace blockwatch::text
