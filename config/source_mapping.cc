#include "config/source_mapping.h"

#include <algorithm>
#include <utility>

#include "base/domain.h"
#include "base/ori.h"
#include "config/grammar.h"
#include "config/reader.h"
#include "config/toml.h"

namespace blockwatch {
namespace {

constexpr std::string_view kSubject = "source.mapping";
constexpr std::string_view kResults = "results";
constexpr std::string_view kPointerHint =
    "begin with \"/\": \"/header/ori\"; ~1 stands for a slash within a name, ~0 for a tilde";

bool is_message_key(const std::string& text) {
  std::string_view rest = text;
  for (;;) {
    const std::size_t slash = rest.find('/');
    const std::string part = grammar::upper(rest.substr(0, slash));
    const auto is_key_character = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    if (part.empty() || part.size() > 8 || !std::all_of(part.begin(), part.end(), is_key_character))
      return false;
    if (slash == std::string_view::npos) return true;
    rest.remove_prefix(slash + 1);
  }
}

bool is_ori(const std::string& text) {
  return Ori::from(grammar::upper(grammar::trimmed(text))).has_value();
}

const std::array<MappedFieldSpec, kMappedFieldCount> kFields{{
    {MappedField::id, "id", true, false, "1 to 128 bytes", nullptr},
    {MappedField::time, "time", true, false, "RFC 3339 with offset", nullptr},
    {MappedField::message_key, "message_key", true, true, "`[A-Z0-9]{1,8}(/[A-Z0-9]{1,8})*`", is_message_key},
    {MappedField::ori, "origin.ori", true, true, "`[A-Z0-9]{9}`", is_ori},
    {MappedField::line, "origin.line", false, true, "`[A-Z0-9]{1,4}`",
     [](const std::string& text) { return grammar::is_line_code(grammar::upper(text)); }},
    {MappedField::destinations, "destinations", true, true,
     "a 2-character code, a region code (2 to 4), an ORI, or `NL`",
     [](const std::string& text) {
       return grammar::is_region_code(grammar::upper(grammar::trimmed(text))) || is_ori(text);
     }},
    {MappedField::channel, "channel", false, true, "`[a-z0-9_.-]{1,32}`",
     [](const std::string& text) { return grammar::is_channel(grammar::lower(text)); }},
    {MappedField::purpose, "purpose", false, true, "`[A-Z0-9]{1,2}`",
     [](const std::string& text) { return grammar::is_purpose(grammar::upper(text)); }},
    {MappedField::reason, "reason", false, true, "`[A-Z0-9]{1,2}`",
     [](const std::string& text) { return grammar::is_purpose(grammar::upper(text)); }},
    {MappedField::image_requested, "image_requested", false, true, "`true` or `false`",
     [](const std::string& text) { return text == "true" || text == "false"; }},
    {MappedField::outcome, "outcome", false, true, "`answered no_record rejected error unknown`",
     [](const std::string& text) { return outcome_from(text).has_value(); }},
}};

std::optional<std::vector<std::string>> tokens_of(std::string_view text) {
  if (text.empty() || text.front() != '/') return std::nullopt;
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      tokens.emplace_back();
    } else if (text[i] != '~') {
      tokens.back() += text[i];
    } else {
      const char next = i + 1 < text.size() ? text[i + 1] : ' ';
      if (next != '0' && next != '1') return std::nullopt;
      tokens.back() += next == '0' ? '~' : '/';
      ++i;
    }
  }
  return tokens;
}

class MappingReader {
 public:
  explicit MappingReader(Reporter& reporter) : reporter_(reporter) {
    for (const MappedFieldSpec& spec : kFields) keys_.push_back(spec.key);
    keys_.push_back(kResults);
  }

  SourceMapping read(const toml::Entry& table) {
    for (const toml::Entry& entry : table.value.entries) {
      if (entry.key != "origin" || entry.value.type != toml::Type::table) {
        read_key(entry.key, entry);
        continue;
      }
      for (const toml::Entry& part : entry.value.entries) read_key("origin." + part.key, part);
    }
    for (const MappedFieldSpec& spec : kFields) {
      if (!spec.needed || given(spec.key)) continue;
      error(table.value.place, std::string(spec.key) + " is missing",
            "every event has one: say where a record has it, " + std::string(spec.key) + " = \"/…\"");
    }
    return std::move(mapping_);
  }

 private:
  void error(toml::Place place, const std::string& what, std::string hint) {
    reporter_.error(place, std::string(kSubject) + '.' + what, std::move(hint));
  }
  bool given(std::string_view key) const {
    return std::find(given_.begin(), given_.end(), key) != given_.end();
  }
  void unknown(const toml::Entry& entry, const std::string& in, const std::vector<std::string_view>& known) {
    reporter_.error(entry.place, "unknown key " + toml::quoted(entry.key) + " in " + in,
                    grammar::did_you_mean(entry.key, known, "known keys: " + grammar::joined(known)));
  }

  void read_key(const std::string& key, const toml::Entry& entry) {
    if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) {
      return unknown(entry, "[source.mapping]", keys_);
    }
    if (given(key)) return error(entry.place, key + " is given twice", "write it once");
    given_.push_back(key);
    if (key == kResults) return read_results(entry.value);
    const auto spec =
        std::find_if(kFields.begin(), kFields.end(), [&](const auto& s) { return s.key == key; });
    FieldMapping& field = mapping_.fields.at(static_cast<std::size_t>(spec->field));
    if (entry.value.type != toml::Type::table) {
      field.pointer = read_pointer(entry.value, key);
    } else {
      read_field(*spec, entry.value, field);
    }
  }

  /// No value: reported.
  std::optional<JsonPointer> read_pointer(const toml::Value& value, const std::string& what) {
    if (value.type != toml::Type::text) {
      error(value.place, what + " must be a JSON pointer in quotes, not " + std::string(name_of(value.type)),
            std::string(kPointerHint));
      return std::nullopt;
    }
    auto tokens = tokens_of(value.text);
    if (!tokens) {
      error(value.place, what + " is no JSON pointer: " + toml::quoted(value.text),
            std::string(kPointerHint));
      return std::nullopt;
    }
    return JsonPointer{value.text, std::move(*tokens)};
  }

  void read_field(const MappedFieldSpec& spec, const toml::Value& table, FieldMapping& field) {
    std::vector<std::string_view> known{"pointer"};
    if (spec.translated) known.insert(known.end(), {"default", "values"});
    if (spec.field == MappedField::destinations) known.insert(known.end(), {"item", "separator"});
    const std::string name(spec.key);
    for (const toml::Entry& entry : table.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        unknown(entry, std::string(kSubject) + '.' + name, known);
      } else if (entry.key == "pointer") {
        field.pointer = read_pointer(entry.value, name + ".pointer");
      } else if (entry.key == "item") {
        field.item = read_pointer(entry.value, name + ".item").value_or(JsonPointer{});
      } else if (entry.key == "separator") {
        read_separator(entry.value, name, field);
      } else if (entry.key == "default") {
        read_fallback(spec, entry.value, field);
      } else {
        read_values(spec, entry.value, field);
      }
    }
    if (table.find("pointer") == nullptr && table.find("default") == nullptr) {
      error(
          table.place, name + " has no pointer",
          "give pointer = \"/…\"" + std::string(spec.translated ? ", or a default that holds for all" : ""));
    }
  }

  void read_separator(const toml::Value& value, const std::string& name, FieldMapping& field) {
    if (value.type == toml::Type::text && !value.text.empty()) {
      field.separator = value.text;
    } else {
      error(value.place, name + ".separator must be a text that is not empty", "write separator = \",\"");
    }
  }

  void read_fallback(const MappedFieldSpec& spec, const toml::Value& value, FieldMapping& field) {
    const std::string what = std::string(spec.key) + ".default";
    const bool list = spec.field == MappedField::destinations && value.type == toml::Type::list;
    if (list && value.items.empty()) return error(value.place, what + " is empty", "name at least one");
    const std::vector<toml::Value> one{value};
    for (const toml::Value& item : list ? value.items : one) {
      if (auto text = read_word(spec, item, what)) field.fallback.push_back(std::move(*text));
    }
  }

  void read_values(const MappedFieldSpec& spec, const toml::Value& value, FieldMapping& field) {
    const std::string what = std::string(spec.key) + ".values";
    if (value.type != toml::Type::table) {
      return error(value.place, what + " must be a table, not " + std::string(name_of(value.type)),
                   "write [source.mapping." + what + "] and below it \"THEIR WORD\" = \"ours\"");
    }
    for (const toml::Entry& entry : value.entries) {
      const std::string word(grammar::trimmed(entry.key));
      const bool nothing = entry.value.type == toml::Type::text && entry.value.text.empty();
      auto text =
          nothing ? std::string() : read_word(spec, entry.value, what + '.' + toml::quoted(entry.key));
      if (!text) continue;
      if (!field.values.emplace(word, std::move(*text)).second) {
        error(entry.place, what + ": " + toml::quoted(word) + " is given twice",
              "blanks at its ends do not count");
      }
    }
  }

  /// A word of ours, checked; no value: reported.
  std::optional<std::string> read_word(const MappedFieldSpec& spec, const toml::Value& value,
                                       const std::string& what) {
    const bool flag = spec.field == MappedField::image_requested;
    const auto allowed = "allowed is " + plain(spec.grammar);
    if (value.type != (flag ? toml::Type::boolean : toml::Type::text)) {
      error(value.place,
            what + " must be " + (flag ? "true or false" : "text") + ", not " +
                std::string(name_of(value.type)),
            flag ? "write true or false without quotes" : "write it in quotes");
      return std::nullopt;
    }
    std::string text = flag ? (value.boolean ? "true" : "false") : value.text;
    if (spec.fits(text)) return text;
    error(value.place, what + " is " + toml::quoted(text.substr(0, 64)) + ", " + allowed,
          "the event's own grammar holds: docs/EVENTS.md");
    return std::nullopt;
  }

  static std::string plain(std::string_view markdown) {
    std::string out(markdown);
    std::erase(out, '`');
    return out;
  }

  void read_results(const toml::Value& value) {
    const std::vector<std::string_view> known{"pointer", "destination", "outcome"};
    const std::string hint =
        "write results = { pointer = \"/…\", destination = \"/…\", outcome = \"/…\" }, the last two "
        "within an entry";
    if (value.type != toml::Type::table) {
      return error(value.place, "results must be a table, not " + std::string(name_of(value.type)), hint);
    }
    ResultsMapping results;
    const std::array<JsonPointer*, 3> places{&results.pointer, &results.destination, &results.outcome};
    for (const toml::Entry& entry : value.entries) {
      const auto at = std::find(known.begin(), known.end(), entry.key);
      if (at == known.end()) {
        unknown(entry, "source.mapping.results", known);
      } else if (auto pointer = read_pointer(entry.value, "results." + entry.key)) {
        *places.at(static_cast<std::size_t>(at - known.begin())) = std::move(*pointer);
      }
    }
    for (const std::string_view key : known) {
      if (value.find(key) == nullptr) error(value.place, "results." + std::string(key) + " is missing", hint);
    }
    mapping_.results = std::move(results);
  }

  Reporter& reporter_;
  std::vector<std::string_view> keys_;
  std::vector<std::string> given_;
  SourceMapping mapping_;
};

std::string show_word(const MappedFieldSpec& spec, const std::string& word) {
  return spec.field == MappedField::image_requested && !word.empty() ? word : toml::quoted(word);
}

std::string show_field(const MappedFieldSpec& spec, const FieldMapping& field) {
  std::string out;
  const auto add = [&out](std::string_view key, const std::string& value) {
    out += (out.empty() ? " " : ", ") + std::string(key) + " = " + value;
  };
  if (field.pointer) add("pointer", toml::quoted(field.pointer->text));
  if (!field.item.tokens.empty()) add("item", toml::quoted(field.item.text));
  if (!field.separator.empty()) add("separator", toml::quoted(field.separator));
  if (field.fallback.size() == 1) add("default", show_word(spec, field.fallback.front()));
  if (field.fallback.size() > 1) {
    std::string list;
    for (const std::string& word : field.fallback) list += (list.empty() ? "" : ", ") + toml::quoted(word);
    add("default", '[' + list + ']');
  }
  if (!field.values.empty()) {
    std::string table;
    for (const auto& [theirs, ours] : field.values) {
      table += (table.empty() ? " " : ", ") + toml::quoted(theirs) + " = " + show_word(spec, ours);
    }
    add("values", '{' + table + " }");
  }
  return '{' + out + " }";
}

}  // namespace

std::span<const MappedFieldSpec> mapped_fields() {
  return kFields;
}

SourceMapping read_source_mapping(const toml::Entry& table, Reporter& reporter) {
  if (table.value.type == toml::Type::table) return MappingReader(reporter).read(table);
  reporter.error(table.value.place,
                 std::string(kSubject) + " must be a table, not " + std::string(name_of(table.value.type)),
                 "write [source.mapping] and the fields below it");
  return {};
}

std::string show_source_mapping(const SourceMapping& mapping) {
  std::string out;
  for (const MappedFieldSpec& spec : kFields) {
    const FieldMapping& field = mapping.of(spec.field);
    if (!field.pointer && field.fallback.empty()) continue;
    out += (out.empty() ? " " : ", ") + toml::quoted(spec.key) + " = " + show_field(spec, field);
  }
  if (const auto& results = mapping.results) {
    out += ", \"results\" = { pointer = " + toml::quoted(results->pointer.text) +
           ", destination = " + toml::quoted(results->destination.text) +
           ", outcome = " + toml::quoted(results->outcome.text) + " }";
  }
  return '{' + out + " }";
}

}  // namespace blockwatch
