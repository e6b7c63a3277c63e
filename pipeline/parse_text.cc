#include "pipeline/parse_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace blockwatch::text {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kBlanks = " \t\r\n";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The four hexadecimal digits at `at`, if they are.
std::optional<unsigned> hex4(std::string_view payload, std::size_t at) {
  if (at > payload.size() || payload.size() - at < 4) return std::nullopt;
  unsigned unit = 0;
  const char* const end = payload.data() + at + 4;
  const auto [rest, error] = std::from_chars(payload.data() + at, end, unit, 16);
  if (error != std::errc() || rest != end) return std::nullopt;
  return unit;
}

/// The UTF-16 unit of a `\uXXXX` at `at`, if there is one.
std::optional<unsigned> unicode_escape(std::string_view payload, std::size_t at) {
  return payload.substr(std::min(at, payload.size()), 2) == "\\u" ? hex4(payload, at + 2) : std::nullopt;
}

bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// One past the quote that closes the string which opens at `at`.
std::size_t string_end(std::string_view payload, std::size_t at) {
  for (std::size_t i = at + 1; i < payload.size(); ++i) {
    if (payload[i] == '\\') {
      ++i;
    } else if (payload[i] == '"') {
      return i + 1;
    }
  }
  return kNone;
}

/// One past the bracket that closes the object or array which opens at `at`; kinds are not compared.
std::size_t container_end(std::string_view payload, std::size_t at) {
  std::size_t depth = 0;
  for (std::size_t i = at; i < payload.size(); ++i) {
    const char c = payload[i];
    if (c == '"') {
      i = string_end(payload, i);
      if (i == kNone) return kNone;
      --i;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return kNone;
}

std::size_t digits_end(std::string_view payload, std::size_t at) {
  while (at < payload.size() && is_digit(payload[at])) ++at;
  return at;
}

/// The longest number of JSON's grammar at `at`: of `01` the first value is 0.
std::size_t number_end(std::string_view payload, std::size_t at) {
  const auto is_digit_at = [&](std::size_t i) { return i < payload.size() && is_digit(payload[i]); };
  std::size_t end = at + (payload[at] == '-' ? 1 : 0);
  if (!is_digit_at(end)) return kNone;
  end = payload[end] == '0' ? end + 1 : digits_end(payload, end);
  if (end < payload.size() && payload[end] == '.' && is_digit_at(end + 1)) end = digits_end(payload, end + 1);
  if (end < payload.size() && (payload[end] == 'e' || payload[end] == 'E')) {
    const bool is_signed = end + 1 < payload.size() && (payload[end + 1] == '+' || payload[end + 1] == '-');
    const std::size_t exponent = end + (is_signed ? 2 : 1);
    if (is_digit_at(exponent)) end = digits_end(payload, exponent);
  }
  return end;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool read_channel(std::string_view text, FixedString<32>& out) {
  if (text.empty() || text.size() > 32) return false;
  for (const char c : text) {
    const char l = lower(c);
    if (!((l >= 'a' && l <= 'z') || is_digit(l) || l == '_' || l == '.' || l == '-')) return false;
  }
  out.assign(text, lower);
  return true;
}

bool read_message_key(std::string_view text, FixedString<8>& key, bool& image) {
  image = false;
  for (bool is_first = true;; is_first = false) {
    const std::size_t slash = text.find('/');
    FixedString<8> other;
    FixedString<8>& part = is_first ? key : other;
    if (!read_code(text.substr(0, slash), part)) return false;
    image = image || part.view() == "IMQ";
    if (slash == kNone) return true;
    text.remove_prefix(slash + 1);
  }
}

bool read_ori(std::string_view text, Ori& out) {
  text = trimmed(text);
  FixedString<Ori::kSize> code;
  if (!Ori::is_one(text)) {  // most are upper-case as they come
    if (text.size() != Ori::kSize || !read_code(text, code)) return false;
    text = code.view();
  }
  out = Ori::of(text);
  return true;
}

void read_destination(std::string_view text, FixedString<9>& out) {
  text = trimmed(text);
  if (text.size() <= 9)
    out.assign(text, upper);
  else
    out.clear();
}

bool has_lone_surrogate_escape(std::string_view payload) {
  bool in_string = false;
  for (std::size_t i = 0; i < payload.size();) {
    const char c = payload[i];
    if (c == '"') in_string = !in_string;
    if (!in_string || c != '\\') {
      ++i;
      continue;
    }
    const auto unit = unicode_escape(payload, i);
    if (!unit) {
      i += 2;  // whatever the backslash escapes; half of a longer character cannot be mistaken for a quote
      continue;
    }
    if (is_low_surrogate(*unit)) return true;
    i += 6;
    if (is_high_surrogate(*unit)) {
      if (!is_low_surrogate(unicode_escape(payload, i).value_or(0))) return true;
      i += 6;
    }
  }
  return false;
}

bool is_too_deep(std::string_view payload) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const char c = payload[i];
    if (c == '"') {
      i = string_end(payload, i);
      if (i == kNone) return false;
      --i;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return true;
    } else if ((c == '}' || c == ']') && (depth == 0 || --depth == 0)) {
      return false;
    }
  }
  return false;
}

std::size_t first_value_end(std::string_view payload) {
  const std::size_t at = payload.find_first_not_of(kBlanks);
  if (at == kNone) return kNone;
  const char c = payload[at];
  if (c == '{' || c == '[') return container_end(payload, at);
  if (c == '"') return string_end(payload, at);
  if (c == '-' || is_digit(c)) return number_end(payload, at);
  for (const std::string_view literal : {"null", "true", "false"}) {
    if (payload.substr(at, literal.size()) == literal) return at + literal.size();
  }
  return kNone;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(kBlanks) == kNone;
}

}  // namespace blockwatch::text
