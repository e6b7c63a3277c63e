#include "config/toml.h"

// The one translation unit that compiles toml++ (Debian 12 has it as headers only).
#define TOML_HEADER_ONLY 0
#define TOML_IMPLEMENTATION
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "config/reader.h"

namespace blockwatch::toml {
namespace {

Place place_of(const ::toml::source_region& region) {
  return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

std::string date_text(const ::toml::date& d) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02d-%02d", int{d.year}, int{d.month}, int{d.day});
  return out.data();
}

std::string time_text(const ::toml::date_time& t) {
  const int offset = t.offset ? int{t.offset->minutes} : 0;
  const int distance = offset < 0 ? -offset : offset;
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "T%02d:%02d:%02d.%09u%c%02d:%02d", int{t.time.hour},
                int{t.time.minute}, int{t.time.second}, unsigned{t.time.nanosecond}, offset < 0 ? '-' : '+',
                distance / 60, distance % 60);
  return date_text(t.date) + out.data();
}

Value converted(const ::toml::node& node);

void convert_table(const ::toml::table& table, Value& out) {
  out.type = Type::table;
  out.entries.reserve(table.size());
  for (const auto& [key, value] : table) {
    out.entries.push_back({std::string(key.str()), place_of(key.source()), converted(value)});
  }
  std::sort(out.entries.begin(), out.entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.place.line, a.place.col) < std::pair(b.place.line, b.place.col);
  });
}

Value converted(const ::toml::node& node) {
  Value out;
  out.place = place_of(node.source());
  if (const auto* table = node.as_table()) {
    convert_table(*table, out);
  } else if (const auto* list = node.as_array()) {
    out.type = Type::list;
    out.items.reserve(list->size());
    for (const ::toml::node& item : *list) out.items.push_back(converted(item));
  } else if (const auto* text = node.as_string()) {
    out.type = Type::text;
    out.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.type = Type::integer;
    out.integer = integer->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.type = Type::boolean;
    out.boolean = boolean->get();
  } else if (const auto* date = node.as_date()) {
    out.type = Type::date;
    out.text = date_text(date->get());
  } else if (const auto* time = node.as_date_time()) {
    out.type = time->get().offset ? Type::time : Type::local_time;
    out.text = time_text(time->get());
  } else {
    out.type = node.is_time() ? Type::time_of_day : Type::number;
  }
  return out;
}

}  // namespace

std::string_view name_of(Type type) {
  static constexpr std::array<std::string_view, 10> kNames{
      "text",          "a whole number",        "a number", "true or false", "a date",
      "a time of day", "a time without offset", "a time",   "a list",        "a table"};
  return kNames.at(static_cast<std::size_t>(type));
}

const Entry* Value::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

std::optional<Value> parse(std::string_view bytes, Reporter& reporter) {
  if (reporter.refuse_byte_order_mark(bytes)) return std::nullopt;
  ::toml::parse_result result = ::toml::parse(bytes);
  if (!result) {
    reporter.error(place_of(result.error().source()),
                   "not TOML: " + std::string(result.error().description()),
                   "nothing after this place was read; texts need quotes, a key may stand once in its table");
    return std::nullopt;
  }
  return converted(result.table());
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  const auto escape = [&out](unsigned code) {
    std::array<char, 8> digits{};
    std::snprintf(digits.data(), digits.size(), "\\u%04X", code);
    out += digits.data();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned byte = static_cast<unsigned char>(text[i]);
    const unsigned next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte < 0x20 || byte == 0x7F) {
      escape(byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // C1: some terminals obey them too
      escape(next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out + '"';
}

}  // namespace blockwatch::toml
