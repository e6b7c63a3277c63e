#include "pipeline/parse_layout.h"

#include <charconv>

#include "pipeline/parse_text.h"

namespace blockwatch::parsing {
namespace {

constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);

/// RFC 6901: digits without a leading zero.
std::size_t array_index(std::string_view token) {
  std::size_t index = 0;
  const char* end = token.data() + token.size();
  const auto [rest, error] = std::from_chars(token.data(), end, index);
  const bool plain = !token.empty() && (token.size() == 1 || token.front() != '0');
  return plain && error == std::errc() && rest == end ? index : kNoIndex;
}

bool is_integer(std::string_view number) {
  return number.find_first_of(".eE") == number.npos;
}

}  // namespace

Field MappedLayout::at(Document::Index from, const JsonPointer& pointer) const {
  Field value = document_.type(from) == 'n' ? Field() : Field(from);
  for (const std::string& token : pointer.tokens) {
    value = step(*value, token);
    if (!value) break;
  }
  return value;
}

Field MappedLayout::step(Document::Index from, std::string_view token) const {
  const auto unless_null = [&](Document::Index at) {
    return document_.type(at) == 'n' ? Field() : Field(at);
  };
  if (document_.type(from) == '{') {
    for (Document::Index name = from + 1; name < document_.end(from); name = document_.end(name + 1)) {
      if (document_.text(name) == token) return unless_null(name + 1);
    }
  } else if (document_.type(from) == '[') {
    std::size_t left = array_index(token);
    for (Document::Index item = from + 1; item < document_.end(from); item = document_.end(item)) {
      if (left-- == 0) return unless_null(item);
    }
  }
  return std::nullopt;
}

bool MappedLayout::translate(const FieldMapping& field, std::string_view& word) {
  const auto found = field.values.find(text::trimmed(word));
  if (found == field.values.end()) return true;
  word = found->second;
  return !word.empty();
}

Found MappedLayout::word_of(const Field& value, std::string_view& out) const {
  if (!value) return Found::absent;
  out = document_.text(*value);
  switch (document_.type(*value)) {
    case '0':
      if (out == "-0") out = "0";
      return is_integer(out) ? Found::value : Found::wrong;
    case '"':
    case 't':
    case 'f':
      return Found::value;
    default:
      return Found::wrong;
  }
}

Found MappedLayout::translated(const FieldMapping& field, const Field& value, std::string_view& out) const {
  const Found found = word_of(value, out);
  if (found != Found::value) return found;
  if (is_boolean(*value) && !field.values.contains(out)) return Found::wrong;
  return translate(field, out) ? Found::value : Found::absent;
}

Found MappedLayout::text(MappedField name, std::string_view& out) const {
  const FieldMapping& field = mapping_.of(name);
  Found found = Found::absent;
  if (field.pointer) {
    found = translated(field, at(Document::kRoot, *field.pointer), out);
  }
  if (found != Found::absent || field.fallback.empty()) return found;
  out = field.fallback.front();
  return Found::value;
}

// Only the table makes a word a boolean: the text "true" is none by itself.
Found MappedLayout::flag(bool& out) const {
  const FieldMapping& field = mapping_.of(MappedField::image_requested);
  const Field value = field.pointer ? at(Document::kRoot, *field.pointer) : Field();
  std::string_view word;
  Found found = word_of(value, word);
  if (found == Found::value) {
    const bool known = field.values.contains(text::trimmed(word));
    if (!known && !is_boolean(*value)) return Found::wrong;
    if (!translate(field, word)) found = Found::absent;
  }
  if (found == Found::absent && !field.fallback.empty()) {
    word = field.fallback.front();
    found = Found::value;
  }
  out = word == "true";
  return found;
}

}  // namespace blockwatch::parsing
