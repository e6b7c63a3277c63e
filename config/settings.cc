#include "config/settings.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/draft.h"
#include "config/file_text.h"
#include "config/grammar.h"
#include "config/kafka_properties.h"
#include "config/settings_table.h"

namespace blockwatch {
namespace {

constexpr std::string_view kOutputSection = "output";

std::string_view section_of(std::string_view key) {
  return key.substr(0, key.find('.'));
}
std::string_view leaf_of(std::string_view key) {
  return key.substr(key.find('.') + 1);
}

/// What the claims take, for a message.
std::string memory_takers(const MemoryClaims& claims) {
  std::string text = "files of policy and catalog " + std::to_string(claims.rule_files);
  if (claims.ids) text += ", dedup.bytes_max " + std::to_string(*claims.ids);
  if (claims.source_queue)
    text += ", source.kafka.\"queued.max.messages.kbytes\" " + std::to_string(*claims.source_queue >> 10U);
  return text;
}

class SettingsReader {
 public:
  SettingsReader(const std::string& path, const toml::Value& root, SettingsDraft& draft,
                 Diagnostics& diagnostics)
      : folder_(std::filesystem::path(path).parent_path()),
        root_(root),
        draft_(draft),
        settings_(draft.loaded.settings),
        diagnostics_(diagnostics),
        reporter_(path, diagnostics) {}

  void read() {
    for (const toml::Entry& entry : root_.entries) read_section(entry);
    for (const auto& spec : settings_table()) {
      if (!spec.needed || given(spec.key)) continue;
      const std::string_view section = section_of(spec.key);
      missing(section_place(section), spec.key, "give the key under [" + std::string(section) + "]");
    }
    settings_.source.kind == SourceKind::kafka ? check_kafka_source() : check_file_source();
    if (const toml::Entry* outputs = root_.find(kOutputSection)) read_outputs(*outputs);
    settings_.source.kafka.emplace("group.id", "blockwatch");
    divide_memory();
  }

  void list_effective();

 private:
  bool given(std::string_view key) const { return draft_.places.contains(std::string(key)); }
  toml::Place place(std::string_view key) const { return draft_.places.at(std::string(key)); }
  toml::Place section_place(std::string_view section) const {
    const toml::Entry* entry = root_.find(section);
    return entry == nullptr ? toml::Place{} : entry->value.place;
  }
  void missing(toml::Place where, std::string_view key, std::string hint) {
    reporter_.error(where, std::string(key) + " is missing", std::move(hint));
  }
  void read_section(const toml::Entry& entry);
  void unknown(const toml::Entry& entry, std::string_view section);
  void read_outputs(const toml::Entry& entry);
  void read_output(const toml::Value& table);
  void check_kafka_source();
  void check_file_source();
  void divide_memory();
  MemoryClaims memory_claims() const;
  void check_output(const toml::Value& table, const OutputSettings& output);
  void check_kafka_output(const toml::Value& table, const OutputSettings& output);
  std::string origin(const std::string& key) const;

  std::filesystem::path folder_;
  const toml::Value& root_;
  SettingsDraft& draft_;
  Settings& settings_;
  Diagnostics& diagnostics_;
  Reporter reporter_;
};

void SettingsReader::unknown(const toml::Entry& entry, std::string_view section) {
  std::vector<std::string_view> names;
  std::string elsewhere;
  for (const auto& spec : settings_table()) {
    const std::string_view name = section.empty() ? section_of(spec.key) : leaf_of(spec.key);
    const bool here = section.empty() || section_of(spec.key) == section;
    if (here && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    if (leaf_of(spec.key) == entry.key) elsewhere = spec.key;
  }
  if (section.empty()) names.push_back(kOutputSection);
  const std::string in = section.empty() ? "" : " in [" + std::string(section) + ']';
  reporter_.error(entry.place, "unknown key " + toml::quoted(entry.key) + in,
                  elsewhere.empty()
                      ? grammar::did_you_mean(entry.key, names, "known keys: " + grammar::joined(names))
                      : "did you mean " + toml::quoted(leaf_of(elsewhere)) + " in [" +
                            std::string(section_of(elsewhere)) + "]?");
}

void SettingsReader::read_section(const toml::Entry& section) {
  if (section.key == kOutputSection) return;  // read last: outputs are checked against the source
  const auto& table = settings_table();
  if (std::none_of(table.begin(), table.end(),
                   [&](const auto& spec) { return section_of(spec.key) == section.key; })) {
    return unknown(section, "");
  }
  if (section.value.type != toml::Type::table) {
    return reporter_.error(section.value.place,
                           section.key + " must be a table, not " + std::string(name_of(section.value.type)),
                           "write [" + section.key + "] and its keys below it");
  }
  for (const toml::Entry& entry : section.value.entries) {
    const std::string key = section.key + '.' + entry.key;
    const auto spec = std::find_if(table.begin(), table.end(), [&](const auto& x) { return x.key == key; });
    if (spec == table.end()) {
      unknown(entry, section.key);
      continue;
    }
    draft_.places.emplace(key, entry.value.place);
    spec->set({key, entry, folder_, reporter_}, settings_);
  }
}

void SettingsReader::check_kafka_source() {
  if (given("source.files")) {
    reporter_.error(place("source.files"), "source.files is for kind = \"file\", the kind is \"kafka\"",
                    "remove it, or set source.kind = \"file\"");
  }
  if (names_brokers(settings_.source.kafka)) return;
  missing(given("source.kafka") ? place("source.kafka") : section_place("source"),
          "source.kafka.\"bootstrap.servers\"",
          "name the brokers under [source.kafka]: \"bootstrap.servers\" = \"127.0.0.1:9092\"");
}

void SettingsReader::check_file_source() {
  constexpr std::array kOfTopics{std::pair("source.partitions", "remove it: each file is a partition"),
                                 std::pair("source.on_gap", "remove it: a file has no retention"),
                                 std::pair("source.plain", "remove it: lines are numbered without holes")};
  for (const auto& [key, hint] : kOfTopics) {
    if (!given(key)) continue;
    reporter_.error(place(key), std::string(key) + " is for kind = \"kafka\", the kind is \"file\"", hint);
  }
  const toml::Entry* section = root_.find("source");
  const toml::Entry* files = section == nullptr ? nullptr : section->value.find("files");
  if (files == nullptr) {
    missing(section_place("source"), "source.files", "list the files: files = [\"p0.ndjson\"]");
  } else if (files->value.type == toml::Type::list && files->value.items.empty()) {
    reporter_.error(files->value.place, "source.files is empty",
                    "list at least one file; \"-\" is standard input");
  }
}

MemoryClaims SettingsReader::memory_claims() const {
  MemoryClaims claims;
  claims.budget = settings_.memory_bytes_max;
  if (settings_.dedup_bytes_max != 0) claims.ids = settings_.dedup_bytes_max;
  claims.source_queue = queued_bytes(settings_.source.kafka);
  for (const std::string& file : {settings_.policy_file, settings_.agencies_file, settings_.oris_file}) {
    std::error_code error;  // a file that is not there is reported where it is read
    const std::uintmax_t bytes = std::filesystem::file_size(file, error);
    if (!error) claims.rule_files += bytes;
  }
  return claims;
}

void SettingsReader::divide_memory() {
  MemoryClaims claims = memory_claims();
  auto division = blockwatch::divide_memory(claims);
  if (!division) {
    reporter_.error(place("memory.bytes_max"),
                    "memory.bytes_max is " + std::to_string(*claims.budget) + ", allowed is at least " +
                        std::to_string(division.error()) +
                        " with what else is configured: " + memory_takers(claims),
                    "raise it, or leave less to those");
    claims.budget.reset();
    division = blockwatch::divide_memory(claims);
  }
  settings_.memory = *division;
  settings_.dedup_bytes_max = settings_.memory[MemoryPart::ids];
}

void SettingsReader::read_outputs(const toml::Entry& entry) {
  const std::string hint = "begin each output with [[output]]";
  if (entry.value.type != toml::Type::list) {
    return reporter_.error(entry.value.place,
                           "output must be a list of tables, not " + std::string(name_of(entry.value.type)),
                           hint);
  }
  for (const toml::Value& item : entry.value.items) {
    if (item.type == toml::Type::table) {
      read_output(item);
    } else {
      reporter_.error(item.place, "output holds a value that is no table", hint);
    }
  }
}

void SettingsReader::read_output(const toml::Value& table) {
  const std::size_t before = diagnostics_.size();
  const auto& specs = output_settings_table();
  std::vector<std::string_view> names;
  for (const auto& spec : specs) names.push_back(spec.key);
  OutputSettings output;
  for (const toml::Entry& entry : table.entries) {
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](const auto& x) { return x.key == entry.key; });
    if (spec == specs.end()) {
      reporter_.error(entry.place, "unknown key " + toml::quoted(entry.key) + " in [[output]]",
                      grammar::did_you_mean(entry.key, names, "known keys: " + grammar::joined(names)));
      continue;
    }
    spec->set({"output." + entry.key, entry, folder_, reporter_}, output);
  }
  for (const auto& spec : specs) {
    if (!spec.needed || table.find(spec.key) != nullptr) continue;
    missing(table.place, "output." + std::string(spec.key), "each [[output]] needs name and kind");
  }
  if (table.find("max_age") == nullptr) output.max_age = max_age_default(output.kind);
  if (diagnostics_.size() == before) check_output(table, output);
  for (const auto& spec : specs) {
    if (const toml::Entry* entry = table.find(spec.key)) {
      draft_.places.emplace("output." + output.name + '.' + std::string(spec.key), entry->value.place);
    }
  }
  settings_.outputs.push_back(std::move(output));
}

void SettingsReader::check_output(const toml::Value& table, const OutputSettings& output) {
  const std::string subject = "output " + toml::quoted(output.name);
  for (const OutputSettings& other : settings_.outputs) {
    if (other.name != output.name) continue;
    reporter_.error(table.find("name")->value.place, subject + " is given twice",
                    "choose another name: what was delivered is remembered under it");
  }
  if (output.kind == OutputKind::kafka) return check_kafka_output(table, output);
  for (const std::string_view key : {"topic", "kafka"}) {
    if (const toml::Entry* entry = table.find(key)) {
      reporter_.error(entry->value.place,
                      subject + ": " + std::string(key) + " is for kind = \"kafka\", the kind is \"log\"",
                      "remove it, or set kind = \"kafka\"");
    }
  }
}

void SettingsReader::check_kafka_output(const toml::Value& table, const OutputSettings& output) {
  const std::string subject = "output " + toml::quoted(output.name);
  const toml::Entry* topic = table.find("topic");
  const toml::Entry* own = table.find("kafka");
  if (topic == nullptr) {
    missing(table.place, subject + ": topic", "name the topic for alerts: topic = \"blockwatch.alerts\"");
  } else if (own == nullptr && settings_.source.kind == SourceKind::kafka &&
             output.topic == settings_.source.topic) {
    reporter_.error(topic->value.place, subject + ": topic is the topic that is read",
                    "alerts would be consumed as events: choose another topic");
  }
  if (own != nullptr ? names_brokers(output.kafka) : names_brokers(settings_.source.kafka)) return;
  if (own == nullptr && settings_.source.kind == SourceKind::kafka) return;  // reported for the source
  missing(own == nullptr ? table.place : own->value.place, subject + ": kafka.\"bootstrap.servers\"",
          "name the brokers under [output.kafka]: \"bootstrap.servers\" = \"127.0.0.1:9092\"");
}

std::string SettingsReader::origin(const std::string& key) const {
  const auto at = draft_.places.find(key);
  return at == draft_.places.end() ? "default" : reporter_.file() + ':' + std::to_string(at->second.line);
}

void SettingsReader::list_effective() {
  const auto list = [&](const std::string& key, std::string value) {
    if (!value.empty()) draft_.loaded.effective.push_back({key, std::move(value), origin(key)});
  };
  for (const auto& spec : settings_table()) list(std::string(spec.key), spec.show(settings_));
  for (const OutputSettings& output : settings_.outputs) {
    for (const auto& spec : output_settings_table()) {
      list("output." + output.name + '.' + std::string(spec.key), spec.show(output));
    }
  }
}

}  // namespace

SettingsDraft draft_settings(const std::string& path, std::string_view bytes, Diagnostics& diagnostics) {
  SettingsDraft draft;
  Reporter reporter(path, diagnostics);
  if (const auto root = toml::parse(bytes, reporter)) {
    SettingsReader reader(path, *root, draft, diagnostics);
    reader.read();
    reader.list_effective();
  }
  return draft;
}

std::optional<LoadedSettings> parse_settings(const std::string& path, std::string_view bytes,
                                             Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  SettingsDraft draft = draft_settings(path, bytes, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  return std::move(draft.loaded);
}

std::optional<LoadedSettings> load_settings(const std::string& path, Diagnostics& diagnostics) {
  const auto bytes = read_file(path);
  if (bytes) return parse_settings(path, *bytes, diagnostics);
  diagnostics.add({path, 0, 0, "cannot be read: " + bytes.error(), "give the path of blockwatchd.toml"});
  return std::nullopt;
}

}  // namespace blockwatch
