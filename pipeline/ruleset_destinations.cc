#include <utility>

#include "pipeline/parse_text.h"
#include "pipeline/ruleset_index.h"

namespace blockwatch {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::size_t digit(char c) {
  return c <= '9' ? static_cast<std::size_t>(c - '0') : static_cast<std::size_t>(c - 'A') + 10;
}

Target region(std::string_view code, JurisdictionSet members) {
  Target target;
  target.usable = true;
  target.via = code == "NL" ? Via::nl : Via::region;
  target.jurisdictions = members;
  return target;
}

/// Two characters that name no region.
Target named(std::string_view code, const Catalog& catalog) {
  Target target;
  target.usable = true;
  if (const auto jurisdiction = jurisdiction_from(code)) {
    target.jurisdictions.insert(*jurisdiction);
  } else {
    target.unknown_code = !is_known_foreign_code(code) && catalog.lines.find(code) == catalog.lines.end();
  }
  return target;
}

}  // namespace

DestinationIndex::DestinationIndex(const Catalog& catalog) : catalog_(catalog) {
  for (const char first : kAlphabet) {
    for (const char second : kAlphabet) {
      const std::array<char, 2> characters{first, second};
      const std::string_view code(characters.data(), characters.size());
      const auto at = catalog_.regions.find(code);
      two_characters_[digit(first) * kAlphabet.size() + digit(second)] =
          at != catalog_.regions.end() ? region(code, at->second) : named(code, catalog_);
    }
  }
}

Target DestinationIndex::code(std::string_view text) const {
  if (text.size() == 2 && text::is_code_character(text[0]) && text::is_code_character(text[1])) {
    return two_characters_[digit(text[0]) * kAlphabet.size() + digit(text[1])];
  }
  const auto at = catalog_.regions.find(text);
  return at != catalog_.regions.end() ? region(text, at->second) : Target{};
}

}  // namespace blockwatch
