// policy.toml: blocks, their exceptions, and watches.
#include "config/policy.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "config/draft.h"
#include "config/grammar.h"

namespace blockwatch {
namespace {

constexpr std::size_t kAuthorityBytesMax = 4096;  // it is part of each alert

const std::vector<std::string_view> kClasses{"driver_license", "driver_history", "registration", "other",
                                             "photo"};
const std::vector<std::string_view> kWatchKeys{"id",      "jurisdictions", "agencies",   "except_agencies",
                                               "classes", "channels",      "ordered_at", "enforce_from",
                                               "ends_at", "authority"};
const std::vector<std::string_view> kBlockKeys = [] {
  std::vector<std::string_view> keys = kWatchKeys;
  keys.insert(keys.end(), {"mode", "exception"});
  return keys;
}();
const std::vector<std::string_view> kExceptionKeys{"reference", "agencies",   "purposes",
                                                   "starts_at", "expires_at", "max_uses"};

class PolicyReader {
 public:
  PolicyReader(const Catalog* known, Policy& policy, Reporter& reporter)
      : known_(known), policy_(policy), reporter_(reporter) {}

  void read(const toml::Value& root) {
    const TableReader top(root, "the policy file", {"block", "watch"}, reporter_);
    for (const toml::Value* table : top.tables("block", "[[block]]")) read_block(*table);
    for (const toml::Value* table : top.tables("watch", "[[watch]]")) read_watch(*table);
  }

 private:
  void read_block(const toml::Value& table);
  void read_watch(const toml::Value& table);
  PolicyRule read_common(const TableReader& reader);
  void read_id(const TableReader& reader, PolicyRule& rule);
  void read_scope(const TableReader& reader, PolicyRule& rule);
  void read_classes(const TableReader& reader, PolicyRule& rule);
  void read_exception(const TableReader& block, const toml::Value& table, PolicyRule& rule);
  JurisdictionSet jurisdictions_of(const TableReader& reader);
  std::vector<NodeIndex> nodes_of(const TableReader& reader, std::string_view key,
                                  const std::string& needed_hint);
  bool covers_nothing(const PolicyRule& rule) const;

  const Catalog* known_;  // null: names cannot be checked
  Policy& policy_;
  Reporter& reporter_;
  std::unordered_map<std::string, int> ids_;  // -> line
};

std::vector<NodeIndex> PolicyReader::nodes_of(const TableReader& reader, std::string_view key,
                                              const std::string& needed_hint) {
  std::vector<NodeIndex> nodes;
  for (const PlacedText& name : reader.texts(key, needed_hint)) {
    const NodeIndex node = find_node(known_, name, reader.subject(), reporter_);
    if (node != kNoNode) nodes.push_back(node);
  }
  return nodes;
}

JurisdictionSet PolicyReader::jurisdictions_of(const TableReader& reader) {
  JurisdictionSet set;
  for (const PlacedText& code :
       reader.texts("jurisdictions", "list postal codes: jurisdictions = [\"IL\"], or [\"*\"] for all")) {
    if (code.text == "*") {
      set = JurisdictionSet::all();
    } else if (const auto jurisdiction = jurisdiction_from(code.text)) {
      set.insert(*jurisdiction);
    } else {
      const std::string upper = grammar::upper(code.text);
      std::string hint = "give postal codes: the 50 states, DC, AS GU MP PR VI; \"*\" = all";
      if (jurisdiction_from(upper)) hint = "write it in capitals: \"" + upper + '"';
      if (known_ != nullptr && known_->regions.contains(code.text)) {
        hint = "it is a region: list its members instead";
      }
      reader.error(code.place, toml::quoted(code.text.substr(0, 32)) + " is none of the 56 jurisdictions",
                   hint);
    }
  }
  return set;
}

void PolicyReader::read_id(const TableReader& reader, PolicyRule& rule) {
  const auto id = reader.text("id", "give it a short id, unique in the file: id = \"il-ice\"");
  if (!id) return;
  rule.id = id->text;
  if (const std::string problem = grammar::id_problem(id->text, "#/"); !problem.empty()) {
    reader.error(id->place, "the id " + problem,
                 "use 1 to 128 bytes of UTF-8 without control characters, '#' and '/'");
    return;
  }
  const auto [at, added] = ids_.emplace(id->text, id->place.line);
  if (!added) {
    reader.error(id->place, "the id is already used in line " + std::to_string(at->second),
                 "blocks and watches share one space of ids: choose another");
  }
}

void PolicyReader::read_classes(const TableReader& reader, PolicyRule& rule) {
  for (const PlacedText& name : reader.texts("classes")) {
    if (name.text == "photo") {
      rule.photo = true;
    } else if (const auto cls = class_from(name.text)) {
      rule.classes.push_back(*cls);
    } else {
      reader.error(name.place, "unknown class " + toml::quoted(name.text.substr(0, 64)),
                   grammar::did_you_mean(name.text, kClasses, "known classes: " + grammar::joined(kClasses)));
    }
  }
}

// Every top of the rule lies inside a carve-out (carve-outs are subtrees).
bool PolicyReader::covers_nothing(const PolicyRule& rule) const {
  const auto& carved = rule.except_agencies;
  return !rule.agencies.empty() &&
         std::all_of(rule.agencies.begin(), rule.agencies.end(), [&](NodeIndex top) {
           for (NodeIndex at = top; at != kNoNode; at = known_->nodes[at].parent) {
             if (std::find(carved.begin(), carved.end(), at) != carved.end()) return true;
           }
           return false;
         });
}

void PolicyReader::read_scope(const TableReader& reader, PolicyRule& rule) {
  rule.jurisdictions = jurisdictions_of(reader);
  rule.agencies =
      nodes_of(reader, "agencies", "list ids of agencies: agencies = [\"ice\"]; each covers its subtree");
  rule.except_agencies = nodes_of(reader, "except_agencies", {});
  if (covers_nothing(rule)) {
    reader.error(reader.place_of("except_agencies"),
                 "except_agencies carves out every agency that agencies names",
                 "it would cover nobody: carve out less, or remove it");
  }
  read_classes(reader, rule);
  for (const PlacedText& channel : reader.texts("channels")) {
    rule.channels.push_back(grammar::lower(channel.text));
    if (grammar::is_channel(rule.channels.back())) continue;
    reader.error(
        channel.place,
        "the channel " + toml::quoted(channel.text.substr(0, 64)) + " is not 1 to 32 of a-z 0-9 _ . -",
        "write it as the events do, for example \"nlets\"");
  }
}

PolicyRule PolicyReader::read_common(const TableReader& reader) {
  PolicyRule rule;
  read_id(reader, rule);
  read_scope(reader, rule);
  rule.ordered_at = reader.time("ordered_at");
  rule.enforce_from = reader.time("enforce_from");
  rule.ends_at = reader.time("ends_at");
  if (const auto authority = reader.text("authority")) {
    rule.authority = authority->text;
    if (authority->text.size() > kAuthorityBytesMax) {
      reader.error(authority->place,
                   "authority has " + std::to_string(authority->text.size()) + " bytes, at most " +
                       std::to_string(kAuthorityBytesMax) + " are allowed",
                   "name the law or order instead of quoting it; it is part of each alert");
    }
  }
  return rule;
}

void PolicyReader::read_block(const toml::Value& table) {
  const TableReader reader(table, subject_of("block", table, "id"), kBlockKeys, reporter_);
  PolicyRule rule = read_common(reader);
  if (!reader.has("enforce_from")) {
    reader.error(table.place, "enforce_from is missing",
                 "say since when the block holds: enforce_from = 2025-01-15T00:00:00-06:00");
  }
  const bool in_force = rule.enforce_from != kNoTime;
  if (rule.ordered_at == kNoTime) rule.ordered_at = rule.enforce_from;
  if (in_force && rule.ordered_at > rule.enforce_from) {
    reader.error(reader.place_of("ordered_at"), "ordered_at is after enforce_from",
                 "a block is ordered first; leave ordered_at out if both are one");
  }
  if (in_force && rule.ends_at != kNoTime && rule.ends_at < rule.enforce_from) {
    reader.error(reader.place_of("ends_at"), "ends_at is before enforce_from",
                 "correct the dates, or remove the block");
  }
  if (const auto mode = reader.text("mode")) {
    rule.shadow = mode->text == "shadow";
    if (!rule.shadow && mode->text != "enforce") {
      reader.error(mode->place, "unknown mode " + toml::quoted(mode->text.substr(0, 64)),
                   grammar::did_you_mean(mode->text, {"enforce", "shadow"}, "known modes: enforce, shadow"));
    }
  }
  for (const toml::Value* exception : reader.tables("exception", "[[block.exception]]")) {
    read_exception(reader, *exception, rule);
  }
  policy_.rules.push_back(std::move(rule));
}

void PolicyReader::read_watch(const toml::Value& table) {
  const TableReader reader(table, subject_of("watch", table, "id"), kWatchKeys, reporter_);
  PolicyRule rule = read_common(reader);
  rule.watch = true;
  const TimeNs start = rule.ordered_at == kNoTime     ? rule.enforce_from
                       : rule.enforce_from == kNoTime ? rule.ordered_at
                                                      : std::min(rule.ordered_at, rule.enforce_from);
  if (start != kNoTime && rule.ends_at != kNoTime && rule.ends_at < start) {
    reader.error(reader.place_of("ends_at"), "ends_at is before the watch starts",
                 "correct the dates, or remove the watch");
  }
  policy_.rules.push_back(std::move(rule));
}

void PolicyReader::read_exception(const TableReader& block, const toml::Value& table, PolicyRule& rule) {
  const TableReader reader(table, block.subject() + ", " + subject_of("exception", table, "reference"),
                           kExceptionKeys, reporter_);
  PolicyException exception;
  if (const auto reference =
          reader.text("reference", "name the case or rule that it rests on: reference = \"case 24-117\"")) {
    exception.reference = reference->text;
    if (const std::string problem = grammar::id_problem(reference->text); !problem.empty()) {
      reader.error(reference->place, "the reference " + problem,
                   "use 1 to 128 bytes of UTF-8 without control characters");
    }
    for (const PolicyException& other : rule.exceptions) {
      if (other.reference != reference->text) continue;
      reader.error(reference->place, "the reference is used twice in this block",
                   "uses are counted by reference: choose another");
    }
  }
  exception.agencies = nodes_of(reader, "agencies", {});
  for (const PlacedText& purpose : reader.texts("purposes")) {
    exception.purposes.push_back(purpose.text);
    if (grammar::is_purpose(purpose.text)) continue;
    reader.error(purpose.place,
                 "the purpose " + toml::quoted(purpose.text.substr(0, 32)) + " is not 1 or 2 of A-Z 0-9",
                 "write it in capitals, as the events do: \"C\"");
  }
  exception.validity = {reader.time("starts_at"), reader.time("expires_at")};
  const Validity& v = exception.validity;
  if (v.from != kNoTime && v.to != kNoTime && v.to <= v.from) {
    reader.error(reader.place_of("expires_at"), "expires_at is not after starts_at",
                 "correct the dates, or remove the exception");
  }
  exception.max_uses = reader.count("max_uses");
  rule.exceptions.push_back(std::move(exception));
}

}  // namespace

Policy draft_policy(std::string_view name, std::string bytes, const Catalog* known,
                    Diagnostics& diagnostics) {
  Policy policy;
  policy.bytes = std::move(bytes);
  policy.digest = to_hex(sha256(policy.bytes));
  Reporter reporter(name, diagnostics);
  if (const auto root = toml::parse(policy.bytes, reporter)) {
    PolicyReader(known, policy, reporter).read(*root);
  }
  return policy;
}

std::optional<Policy> parse_policy(std::string_view name, std::string bytes, const Catalog& catalog,
                                   Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  Policy policy = draft_policy(name, std::move(bytes), &catalog, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  return policy;
}

}  // namespace blockwatch
