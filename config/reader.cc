#include "config/reader.h"

#include <algorithm>
#include <utility>

#include "config/grammar.h"

namespace blockwatch {

using toml::Type;

void Reporter::error(toml::Place place, std::string what, std::string hint) {
  diagnostics_.add({file_, place.line, place.col, std::move(what), std::move(hint)});
}

bool Reporter::refuse_byte_order_mark(std::string_view bytes) {
  if (!bytes.starts_with("\xEF\xBB\xBF")) return false;
  error({1, 1}, "the file begins with a byte order mark", "save it as UTF-8 without BOM");
  return true;
}

std::string subject_of(std::string_view kind, const toml::Value& table, std::string_view id_key) {
  const toml::Entry* id = table.find(id_key);
  if (id == nullptr || id->value.type != Type::text) return "[[" + std::string(kind) + "]]";
  return std::string(kind) + ' ' + toml::quoted(id->value.text.substr(0, 128));
}

TableReader::TableReader(const toml::Value& table, std::string subject,
                         const std::vector<std::string_view>& keys, Reporter& reporter)
    : table_(table), subject_(std::move(subject)), reporter_(reporter) {
  for (const toml::Entry& entry : table.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    error(entry.place, "unknown key " + toml::quoted(entry.key),
          grammar::did_you_mean(entry.key, keys, "known keys: " + grammar::joined(keys)));
  }
}

toml::Place TableReader::place_of(std::string_view key) const {
  const toml::Entry* entry = table_.find(key);
  return entry == nullptr ? table_.place : entry->value.place;
}

void TableReader::wrong_type(std::string_view key, const toml::Value& value, std::string_view wanted,
                             std::string hint) const {
  error(value.place,
        std::string(key) + " must be " + std::string(wanted) + ", not " + std::string(name_of(value.type)),
        std::move(hint));
}

const toml::Value* TableReader::value(std::string_view key, Type type, const std::string& needed_hint) const {
  const toml::Entry* entry = table_.find(key);
  if (entry == nullptr) {
    if (!needed_hint.empty()) error(table_.place, std::string(key) + " is missing", needed_hint);
    return nullptr;
  }
  if (entry->value.type == type) return &entry->value;
  wrong_type(key, entry->value, name_of(type),
             type == Type::text ? "write it in quotes"
                                : "write " + std::string(key) + (type == Type::list ? " = [\"…\"]" : " = 5"));
  return nullptr;
}

std::optional<PlacedText> TableReader::text(std::string_view key, const std::string& needed_hint) const {
  const toml::Value* v = value(key, Type::text, needed_hint);
  if (v == nullptr) return std::nullopt;
  return PlacedText{v->text, v->place};
}

std::vector<PlacedText> TableReader::texts(std::string_view key, const std::string& needed_hint) const {
  std::vector<PlacedText> out;
  const toml::Value* list = value(key, Type::list, needed_hint);
  if (list == nullptr) return out;
  for (const toml::Value& item : list->items) {
    if (item.type == Type::text) {
      out.push_back({item.text, item.place});
    } else {
      wrong_type(std::string(key) + " holds a value that", item, "text", "write each one in quotes");
    }
  }
  if (list->items.empty() && !needed_hint.empty()) {
    error(list->place, std::string(key) + " is empty", needed_hint);
  }
  return out;
}

TimeNs TableReader::time(std::string_view key) const {
  const toml::Entry* entry = table_.find(key);
  if (entry == nullptr) return kNoTime;
  const toml::Value& v = entry->value;
  const std::string hint = "write 2025-11-12T00:00:00-06:00 or, for 00:00 UTC, 2025-11-12";
  if (v.type == Type::local_time) {
    error(v.place, std::string(key) + " is a time without offset", "append Z or an offset like -06:00");
    return kNoTime;
  }
  if (v.type != Type::text && v.type != Type::date && v.type != Type::time) {
    wrong_type(key, v, "a time or a date", hint);
    return kNoTime;
  }
  const auto time = grammar::time_from(v.text);
  if (!time) {
    error(v.place, std::string(key) + ": " + toml::quoted(v.text) + " is no time with offset and no date",
          hint);
  }
  return time.value_or(kNoTime);
}

std::optional<std::uint64_t> TableReader::count(std::string_view key) const {
  const toml::Value* v = value(key, Type::integer, {});
  if (v == nullptr) return std::nullopt;
  if (v->integer < 0) {
    error(v->place, std::string(key) + " is " + std::to_string(v->integer) + ", at least 0 is allowed",
          "write a whole number from 0");
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(v->integer);
}

std::vector<const toml::Value*> TableReader::tables(std::string_view key, std::string_view header) const {
  std::vector<const toml::Value*> out;
  const toml::Entry* entry = table_.find(key);
  if (entry == nullptr) return out;
  const std::string hint = "write each one under its own " + std::string(header);
  if (entry->value.type != Type::list) {
    wrong_type(key, entry->value, "a list of tables", hint);
    return out;
  }
  for (const toml::Value& item : entry->value.items) {
    if (item.type == Type::table) {
      out.push_back(&item);
    } else {
      wrong_type(std::string(key) + " holds a value that", item, "a table", hint);
    }
  }
  return out;
}

}  // namespace blockwatch
