// agencies.toml: the tree of agencies, ORI patterns, line codes, regions.
#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "config/draft.h"
#include "config/grammar.h"

namespace blockwatch {
namespace {

constexpr std::string_view kDatesHint =
    "swap them, or leave one out: [valid_from, valid_to) must hold some time";

class AgenciesReader {
 public:
  AgenciesReader(CatalogDraft& draft, Reporter& reporter)
      : draft_(draft), catalog_(draft.catalog), reporter_(reporter), parents_(draft.catalog.nodes.size()) {}

  void read(const toml::Value& root) {
    const TableReader top(root, "the agencies file", {"agency", "pattern", "line", "region"}, reporter_);
    for (const toml::Value* table : top.tables("agency", "[[agency]]")) read_agency(*table);
    resolve_parents();
    report_cycles();
    for (const toml::Value* table : top.tables("pattern", "[[pattern]]")) read_pattern(*table);
    sort_patterns();
    for (const toml::Value* table : top.tables("line", "[[line]]")) read_line(*table);
    for (const toml::Value* table : top.tables("region", "[[region]]")) read_region(*table);
  }

 private:
  void read_agency(const toml::Value& table);
  void add_name(const TableReader& agency, const PlacedText& name, NodeIndex node);
  void resolve_parents();
  void report_cycles();
  void report_cycle(const std::vector<NodeIndex>& path, NodeIndex meeting);
  void read_pattern(const toml::Value& table);
  void sort_patterns();
  void read_line(const toml::Value& table);
  void read_region(const toml::Value& table);
  JurisdictionSet members_of(const TableReader& region);
  NodeIndex agency_of(const TableReader& table);

  CatalogDraft& draft_;
  Catalog& catalog_;
  Reporter& reporter_;
  std::vector<std::optional<PlacedText>> parents_;       // as written, one a node
  std::unordered_map<std::string, int> lines_of_names_;  // where an id or alias was first given
  std::set<std::pair<std::string, NodeIndex>> patterns_;
};

void AgenciesReader::read_agency(const toml::Value& table) {
  const TableReader agency(table, subject_of("agency", table, "id"),
                           {"id", "name", "parent", "aliases", "valid_from", "valid_to", "tags"}, reporter_);
  const auto id = agency.text("id", "give each agency a short id, unique in the file");
  AgencyNode node;
  if (const auto name = agency.text("name")) node.name = name->text;
  node.validity = {agency.time("valid_from"), agency.time("valid_to")};
  if (node.validity.from != kNoTime && node.validity.to != kNoTime &&
      node.validity.to <= node.validity.from) {
    agency.error(agency.place_of("valid_to"), "valid_to is not after valid_from", std::string(kDatesHint));
  }
  for (const PlacedText& tag : agency.texts("tags")) node.tags.push_back(tag.text);
  const auto parent = agency.text("parent");
  const auto aliases = agency.texts("aliases");
  if (!id) return;
  node.id = id->text;
  for (const PlacedText& alias : aliases) node.aliases.push_back(alias.text);
  const auto index = static_cast<NodeIndex>(catalog_.nodes.size());
  catalog_.nodes.push_back(std::move(node));
  parents_.push_back(parent);
  add_name(agency, *id, index);
  for (const PlacedText& alias : aliases) add_name(agency, alias, index);
}

void AgenciesReader::add_name(const TableReader& agency, const PlacedText& name, NodeIndex node) {
  const std::string shown = toml::quoted(name.text.substr(0, 128));
  if (const std::string problem = grammar::id_problem(name.text); !problem.empty()) {
    agency.error(name.place, "the name " + shown + ' ' + problem,
                 "use 1 to 128 bytes of UTF-8 without control characters");
    return;
  }
  if (std::find(kReservedAgencies.begin(), kReservedAgencies.end(), name.text) != kReservedAgencies.end()) {
    agency.error(name.place, "the name " + shown + " is reserved",
                 "choose another; it stands for askers that the catalog cannot name");
    return;
  }
  const auto [at, added] = catalog_.by_name.emplace(name.text, node);
  if (added) lines_of_names_.emplace(name.text, name.place.line);
  if (added || at->second == node) return;
  agency.error(name.place,
               "the name " + shown + " is already an id or alias of agency " +
                   toml::quoted(catalog_.nodes[at->second].id) + " in line " +
                   std::to_string(lines_of_names_[name.text]),
               "ids and aliases share one space of names: give each to one agency only");
}

void AgenciesReader::resolve_parents() {
  for (NodeIndex i = 0; i < catalog_.nodes.size(); ++i) {
    if (!parents_[i]) continue;
    const std::string subject = "agency " + toml::quoted(catalog_.nodes[i].id.substr(0, 128));
    catalog_.nodes[i].parent = find_node(draft_.known(), *parents_[i], subject, reporter_);
  }
}

void AgenciesReader::report_cycles() {
  std::vector<bool> done(catalog_.nodes.size());
  std::vector<NodeIndex> path;
  for (NodeIndex start = 0; start < catalog_.nodes.size(); ++start) {
    path.clear();
    NodeIndex at = start;
    for (; at != kNoNode && !done[at]; at = catalog_.nodes[at].parent) {
      done[at] = true;
      path.push_back(at);
    }
    if (at != kNoNode && std::find(path.begin(), path.end(), at) != path.end()) report_cycle(path, at);
  }
}

void AgenciesReader::report_cycle(const std::vector<NodeIndex>& path, NodeIndex meeting) {
  std::vector<NodeIndex> cycle(std::find(path.begin(), path.end(), meeting), path.end());
  // Told from its first node in the file, whichever walk found it.
  std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
  std::string names;
  for (const NodeIndex node : cycle) names += catalog_.nodes[node].id + " -> ";
  names += catalog_.nodes[cycle.front()].id;
  reporter_.error(parents_[cycle.front()]->place, "the agencies' parents form a cycle: " + names,
                  "remove the parent of one of them");
  for (const NodeIndex node : cycle) catalog_.nodes[node].parent = kNoNode;
}

NodeIndex AgenciesReader::agency_of(const TableReader& table) {
  const auto agency = table.text("agency", "name the agency that it stands for");
  return agency ? find_node(draft_.known(), *agency, table.subject(), reporter_) : kNoNode;
}

void AgenciesReader::read_pattern(const toml::Value& table) {
  const TableReader reader(table, subject_of("pattern", table, "pattern"), {"pattern", "agency"}, reporter_);
  const auto text = reader.text("pattern", "write pattern = \"??ICE*\": ? is one character, * any run");
  const NodeIndex agency = agency_of(reader);
  if (!text) return;
  if (const std::string problem = grammar::pattern_problem(text->text); !problem.empty()) {
    reader.error(text->place, "the pattern " + problem,
                 "use A-Z 0-9, ? for one character, * for any run; it must fit nine characters");
    return;
  }
  // Several agencies may share a pattern: where one is outside its dates, the next is tried.
  if (agency != kNoNode && !patterns_.emplace(text->text, agency).second) {
    reader.error(text->place, "the pattern is given twice for one agency", "remove one of them");
  }
  catalog_.patterns.push_back({text->text, agency});
}

void AgenciesReader::sort_patterns() {
  const auto literals = [](const std::string& p) {
    return std::count_if(p.begin(), p.end(), [](char c) { return c != '?' && c != '*'; });
  };
  const auto order = [&](const OriPattern& p) {
    return std::tuple(-literals(p.pattern), -static_cast<std::ptrdiff_t>(p.pattern.size()));
  };
  std::stable_sort(catalog_.patterns.begin(), catalog_.patterns.end(),
                   [&](const OriPattern& a, const OriPattern& b) {
                     return std::tuple(order(a), std::string_view(a.pattern)) <
                            std::tuple(order(b), std::string_view(b.pattern));
                   });
}

void AgenciesReader::read_line(const toml::Value& table) {
  const TableReader reader(table, subject_of("line", table, "code"), {"code", "agency"}, reporter_);
  const auto code = reader.text("code", "write code = \"AX\"");
  const NodeIndex agency = agency_of(reader);
  if (!code) return;
  if (!grammar::is_line_code(code->text)) {
    reader.error(code->place, "a line code is 1 to 4 of A-Z 0-9", "write it as the switch does: \"AX\"");
  } else if (!catalog_.lines.emplace(code->text, agency).second) {
    reader.error(code->place, "the line code is given twice", "remove one of them");
  }
}

void AgenciesReader::read_region(const toml::Value& table) {
  const TableReader reader(table, subject_of("region", table, "code"), {"code", "members"}, reporter_);
  const auto code = reader.text("code", "write code = \"R1\"");
  const JurisdictionSet members = members_of(reader);
  if (!code) return;
  if (!grammar::is_region_code(code->text)) {
    reader.error(code->place, "a region code is 2 to 4 of A-Z 0-9", "write it as the switch does: \"R1\"");
  } else if (jurisdiction_from(code->text)) {
    reader.error(code->place, "the region is named like a jurisdiction",
                 "a destination would mean both: choose another code");
  } else if (!catalog_.regions.emplace(code->text, members).second) {
    reader.error(code->place, "the region is given twice", "list all its members in one [[region]]");
  }
}

JurisdictionSet AgenciesReader::members_of(const TableReader& region) {
  JurisdictionSet members;
  for (const PlacedText& code : region.texts("members", "list the members: members = [\"MA\", \"NY\"]")) {
    if (const auto jurisdiction = jurisdiction_from(code.text)) {
      members.insert(*jurisdiction);
    } else {
      region.error(code.place,
                   "the member " + toml::quoted(code.text.substr(0, 32)) + " is none of the 56 jurisdictions",
                   "give postal codes: the 50 states, DC, AS GU MP PR VI");
    }
  }
  return members;
}

}  // namespace

void read_agencies(CatalogDraft& draft, Reporter& reporter) {
  Catalog& catalog = draft.catalog;
  for (const std::string_view id : kReservedAgencies) {
    catalog.by_name.emplace(id, static_cast<NodeIndex>(catalog.nodes.size()));
    catalog.nodes.emplace_back().id = id;
  }
  const auto root = toml::parse(catalog.agencies_bytes, reporter);
  if (root) {
    draft.agencies_known = true;
    AgenciesReader(draft, reporter).read(*root);
  }
  catalog.regions.emplace("NL", JurisdictionSet::all());
}

}  // namespace blockwatch
