#include "pipeline/parse_layout.h"

#include <charconv>

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

Field member(simdjson::dom::object object, std::string_view name) {
  for (auto at = object.begin(); at != object.end(); ++at) {
    if (at.key() == name) return at.value().is_null() ? Field() : Field(at.value());
  }
  return std::nullopt;
}

Field step(element from, std::string_view token) {
  if (from.type() == element_type::OBJECT) return member(from.get_object().value_unsafe(), token);
  if (from.type() != element_type::ARRAY) return std::nullopt;
  std::size_t left = array_index(token);
  for (const element item : simdjson::dom::array(from.get_array().value_unsafe())) {
    if (left-- == 0) return item.is_null() ? Field() : Field(item);
  }
  return std::nullopt;
}

template <class Number>
std::string_view written(Number number, Digits& digits) {
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), static_cast<std::size_t>(end - digits.data())};
}

}  // namespace

Field MappedLayout::at(element from, const JsonPointer& pointer) {
  Field value = from.is_null() ? Field() : Field(from);
  for (const std::string& token : pointer.tokens) {
    value = step(*value, token);
    if (!value) break;
  }
  return value;
}

bool MappedLayout::translate(const FieldMapping& field, std::string_view& word) {
  const auto found = field.values.find(text::trimmed(word));
  if (found == field.values.end()) return true;
  word = found->second;
  return !word.empty();
}

Found MappedLayout::word_of(const Field& value, Digits& digits, std::string_view& out) {
  if (!value) return Found::absent;
  switch (value->type()) {
    case element_type::STRING:
      out = value->get_string().value_unsafe();
      return Found::value;
    case element_type::INT64:
      out = written(value->get_int64().value_unsafe(), digits);
      return Found::value;
    case element_type::UINT64:
      out = written(value->get_uint64().value_unsafe(), digits);
      return Found::value;
    case element_type::BOOL:
      out = value->get_bool().value_unsafe() ? "true" : "false";
      return Found::value;
    default:
      return Found::wrong;
  }
}

Found MappedLayout::translated(const FieldMapping& field, const Field& value, Digits& digits,
                               std::string_view& out) {
  const Found found = word_of(value, digits, out);
  if (found != Found::value) return found;
  if (value->type() == element_type::BOOL && !field.values.contains(out)) return Found::wrong;
  return translate(field, out) ? Found::value : Found::absent;
}

Found MappedLayout::text(MappedField name, std::string_view& out) const {
  const FieldMapping& field = mapping_.of(name);
  Found found = Found::absent;
  if (field.pointer) {
    found = translated(field, at(root_, *field.pointer), digits_.at(static_cast<std::size_t>(name)), out);
  }
  if (found != Found::absent || field.fallback.empty()) return found;
  out = field.fallback.front();
  return Found::value;
}

// Only the table makes a word a boolean: the text "true" is none by itself.
Found MappedLayout::flag(bool& out) const {
  const FieldMapping& field = mapping_.of(MappedField::image_requested);
  const Field value = field.pointer ? at(root_, *field.pointer) : Field();
  Digits digits{};
  std::string_view word;
  Found found = word_of(value, digits, word);
  if (found == Found::value) {
    const bool known = field.values.contains(text::trimmed(word));
    if (!known && value->type() != element_type::BOOL) return Found::wrong;
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
