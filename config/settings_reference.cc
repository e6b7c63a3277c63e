// docs/reference/settings.md, written from the tables that parse the settings.
#include <string>

#include "config/kafka_properties.h"
#include "config/settings_table.h"

namespace blockwatch {
namespace {

std::string code(std::string_view text) {
  return text.empty() ? std::string() : '`' + std::string(text) + '`';
}

template <class Owner>
void append_row(std::string& out, const SettingSpec<Owner>& spec, std::string_view key) {
  const std::string fallback = spec.needed ? "needed" : code(spec.fallback);
  out += "| " + code(key) + " | " + std::string(spec.type) + " | " + fallback + " | " +
         std::string(spec.meaning) + " |\n";
}

// The keys of [source.mapping], from the table that reads them.
void append_mapping(std::string& out) {
  out +=
      "\n## `[source.mapping]`\n\n"
      "Each value is a JSON pointer (RFC 6901) into a record, or a table: `pointer`; `default`, the word "
      "that "
      "holds\n"
      "where a record lacks the field; `values`, a table from the producer's words to those of the event, "
      "where "
      "`\"\"`\n"
      "means nothing. `destinations` also takes `item`, a pointer that leads on within each entry of a list, "
      "and\n"
      "`separator`, what stands between the entries of one text. A field that is not named is absent. Worked "
      "through in\n"
      "`docs/EVENTS.md`; examples: `config/examples/mapping_flat.toml`, "
      "`config/examples/mapping_nested.toml`.\n\n"
      "| key | needed | default, values | what its values may be |\n|---|---|---|---|\n";
  for (const MappedFieldSpec& spec : mapped_fields()) {
    out += "| " + code("source.mapping." + std::string(spec.key)) + " | " + (spec.needed ? "yes" : "no") +
           " | " + (spec.translated ? "yes" : "no") + " | " + std::string(spec.grammar) + " |\n";
  }
  out +=
      "| `source.mapping.results` | no | no | a table: `pointer` to the list, and within an entry "
      "`destination` "
      "and `outcome`, translated by the `values` of `destinations` and `outcome` |\n";
}

constexpr std::string_view kTableHead = "| key | type | default | meaning |\n|---|---|---|---|\n";

}  // namespace

std::string settings_reference() {
  std::string out =
      "# Settings of `blockwatchd.toml`\n\n"
      "Generated from the table that parses the file (`config/settings_table.cc`); a test compares the "
      "two.\n\n"
      "An unknown key is an error. Durations are texts: a whole number and one of `s m h d`. Relative paths "
      "start at the\n"
      "folder of the configuration file. `blockwatchd --check --config FILE` and `blockwatch check-config "
      "--config FILE`\n"
      "show every mistake at once; `blockwatchd --print-config --config FILE` shows what is in effect and "
      "where it came\n"
      "from. A commented example: `config/examples/blockwatchd.toml`.\n";
  std::string_view section;
  for (const auto& spec : settings_table()) {
    const std::string_view own = spec.key.substr(0, spec.key.find('.'));
    if (own != section && section == "source") append_mapping(out);
    if (own != section) out += "\n## `[" + std::string(own) + "]`\n\n" + std::string(kTableHead);
    section = own;
    append_row(out, spec, spec.key);
  }
  out +=
      "\n## `[[output]]`\n\nAny number, each under its own `[[output]]`. Without one, alerts stay in the "
      "durable log.\n\n";
  out += kTableHead;
  for (const auto& spec : output_settings_table()) append_row(out, spec, spec.key);
  out +=
      "\n## Refused Kafka properties\n\n"
      "`[source.kafka]` and `[output.kafka]` take every property of librdkafka but these; "
      "`statistics.interval.ms` is\n"
      "taken from 5000 on.\n\n"
      "| property | why |\n|---|---|\n";
  for (const RefusedProperty& p : refused_kafka_properties()) {
    out += "| " + code(p.name) + " | " + std::string(p.reason) + " |\n";
  }
  return out;
}

}  // namespace blockwatch
