// [source.mapping]: where another producer's records have the fields of a query event, and what its words
// mean.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blockwatch {

class Reporter;
namespace toml {
struct Entry;
}

/// RFC 6901. No tokens: the value itself.
struct JsonPointer {
  std::string text;                 // as written: "/header/ori"
  std::vector<std::string> tokens;  // ~1 and ~0 undone
};

/// The fields of an event that hold one value, or a list of texts.
enum class MappedField : std::size_t {
  id,
  time,
  message_key,
  ori,
  line,
  destinations,
  channel,
  purpose,
  reason,
  image_requested,
  outcome,
};
inline constexpr std::size_t kMappedFieldCount = 11;

/// Neither pointer nor fallback: no record has the field.
struct FieldMapping {
  std::optional<JsonPointer> pointer;
  JsonPointer item;       // destinations: within each entry of the list
  std::string separator;  // destinations: between the entries of one text; empty: a text is one entry
  /// The producer's word -> ours, both as text (`true`, `false` for image_requested); ours empty: means
  /// nothing, as if the field were absent.
  std::map<std::string, std::string, std::less<>> values;
  std::vector<std::string> fallback;  // of a record that lacks the field; several for destinations only
};

/// `destination` and `outcome` lead on from each entry of the list; their words are translated by the tables
/// of destinations and outcome.
struct ResultsMapping {
  JsonPointer pointer, destination, outcome;
};

struct SourceMapping {
  std::array<FieldMapping, kMappedFieldCount> fields{};
  std::optional<ResultsMapping> results;
  const FieldMapping& of(MappedField field) const { return fields.at(static_cast<std::size_t>(field)); }
};

/// One key of [source.mapping], for the reader and the reference.
struct MappedFieldSpec {
  MappedField field;
  std::string_view key;      // "origin.ori"
  bool needed;               // every event has it
  bool translated;           // may have a default and a table of values
  std::string_view grammar;  // of its values, for people
  bool (*fits)(const std::string& text);
};
std::span<const MappedFieldSpec> mapped_fields();

/// Reports what is wrong with the table; what could be read is returned all the same.
SourceMapping read_source_mapping(const toml::Entry& table, Reporter& reporter);

/// As a TOML inline table.
std::string show_source_mapping(const SourceMapping& mapping);

}  // namespace blockwatch
