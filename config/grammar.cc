#include "config/grammar.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/ori.h"
#include "config/toml.h"

namespace blockwatch::grammar {
namespace {

constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kPatternCharactersMax = 32;

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_mark(char c) {
  return c == '_' || c == '.' || c == '-';
}

template <class Predicate>
bool consists_of(std::string_view text, std::size_t min, std::size_t max, Predicate allowed) {
  return text.size() >= min && text.size() <= max && std::all_of(text.begin(), text.end(), allowed);
}

bool is_code(std::string_view text, std::size_t min, std::size_t max) {
  return consists_of(text, min, max, [](char c) { return is_upper(c) || is_digit(c); });
}

// C0, DEL and, as UTF-8 spells them, C1.
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

// The length of the UTF-8 sequence at the front (RFC 3629: shortest form, no surrogates, up to U+10FFFF), or
// 0.
std::size_t utf8_sequence(std::string_view s) {
  const auto at = [&](std::size_t i) {
    return i < s.size() ? static_cast<unsigned char>(s[i]) : std::uint8_t{0};
  };
  const auto continues = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80; };
  const unsigned head = at(0);
  if (head < 0x80) return 1;
  if (head >= 0xC2 && head <= 0xDF) return continues(1) ? 2 : 0;
  if (head >= 0xE0 && head <= 0xEF) {
    const bool overlong = head == 0xE0 && at(1) < 0xA0;
    const bool surrogate = head == 0xED && at(1) > 0x9F;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (head >= 0xF0 && head <= 0xF4) {
    const bool overlong = head == 0xF0 && at(1) < 0x90;
    const bool beyond = head == 0xF4 && at(1) > 0x8F;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string id_problem(std::string_view id, std::string_view without) {
  if (id.empty()) return "is empty";
  if (id.size() > kIdBytesMax) {
    return "has " + std::to_string(id.size()) + " bytes, at most " + std::to_string(kIdBytesMax) +
           " are allowed";
  }
  if (has_control_character(id)) return "holds a control character";
  const std::size_t at = id.find_first_of(without);
  return at == std::string_view::npos ? "" : std::string("holds '") + id[at] + "'";
}

bool is_channel(std::string_view text) {
  return consists_of(text, 1, 32, [](char c) { return is_lower(c) || is_digit(c) || is_mark(c); });
}

bool is_line_code(std::string_view text) {
  return is_code(text, 1, 4);
}
bool is_region_code(std::string_view text) {
  return is_code(text, 2, 4);
}
bool is_purpose(std::string_view text) {
  return is_code(text, 1, 2);
}

bool is_topic(std::string_view text) {
  return text != "." && text != ".." && consists_of(text, 1, 249, [](char c) {
           return is_lower(c) || is_upper(c) || is_digit(c) || is_mark(c);
         });
}

std::string pattern_problem(std::string_view pattern) {
  if (pattern.empty()) return "is empty";
  if (pattern.size() > kPatternCharactersMax) {
    return "has " + std::to_string(pattern.size()) + " characters, at most " +
           std::to_string(kPatternCharactersMax) + " are allowed";
  }
  for (const char c : pattern) {
    if (!is_upper(c) && !is_digit(c) && c != '?' && c != '*') return "holds a character outside A-Z 0-9 ? *";
  }
  const auto stars = static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '*'));
  const std::size_t fixed = pattern.size() - stars;
  if (fixed > Ori::kSize || (stars == 0 && fixed < Ori::kSize)) {
    return "can match no ORI: it asks for " + std::to_string(fixed) + " characters, an ORI has 9";
  }
  return "";
}

std::optional<TimeNs> time_from(std::string_view text) {
  const auto date = parse_date(text);
  return date ? date : parse_rfc3339(text);
}

std::optional<std::size_t> first_bad_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = utf8_sequence(bytes.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  // A third of the characters wrong is still a slip, more is another word.
  std::size_t best = (name.size() + 2) / 3 + 1;
  std::optional<std::string> found;
  for (const std::string_view candidate : candidates) {
    const std::size_t gap =
        candidate.size() > name.size() ? candidate.size() - name.size() : name.size() - candidate.size();
    if (gap >= best) continue;
    const std::size_t edits = edits_between(lower(name), lower(candidate));
    if (edits >= best) continue;
    best = edits;
    found = std::string(candidate);
  }
  return found;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates,
                         std::string otherwise) {
  const auto found = nearest(name, candidates);
  return found ? "did you mean " + toml::quoted(*found) + "?" : std::move(otherwise);
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

}  // namespace blockwatch::grammar
