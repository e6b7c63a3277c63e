#include "config/catalog.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "config/draft.h"
#include "config/grammar.h"

namespace blockwatch {

std::optional<NodeIndex> Catalog::node(std::string_view id_or_alias) const {
  const auto at = by_name.find(std::string(id_or_alias));
  return at == by_name.end() ? std::nullopt : std::optional<NodeIndex>(at->second);
}

std::vector<bool> Catalog::subtree(NodeIndex top) const {
  // Each node is walked over once: a walk toward the root stops at the first node whose answer is known.
  enum class Answer : std::uint8_t { open, inside, outside };
  std::vector<Answer> answers(nodes.size(), Answer::open);
  answers.at(top) = Answer::inside;
  std::vector<bool> inside(nodes.size());
  std::vector<NodeIndex> walked;
  for (NodeIndex start = 0; start < nodes.size(); ++start) {
    walked.clear();
    NodeIndex at = start;
    for (; at != kNoNode && answers[at] == Answer::open; at = nodes[at].parent) walked.push_back(at);
    const Answer answer = at == kNoNode ? Answer::outside : answers[at];
    for (const NodeIndex node : walked) answers[node] = answer;
    inside[start] = answers[start] == Answer::inside;
  }
  return inside;
}

NodeIndex find_node(const Catalog* known, const PlacedText& name, const std::string& subject,
                    Reporter& reporter) {
  if (known == nullptr) return kNoNode;
  if (const auto found = known->node(name.text)) return *found;
  std::vector<std::string_view> names;
  names.reserve(known->by_name.size());
  for (const auto& [text, node] : known->by_name) names.emplace_back(text);
  std::sort(names.begin(), names.end());  // so that of equally near names always the same one is hinted
  reporter.error(
      name.place, subject + ": unknown agency " + toml::quoted(name.text.substr(0, 128)),
      grammar::did_you_mean(name.text, names, "give an id or alias of an [[agency]] in the agencies file"));
  return kNoNode;
}

CatalogDraft draft_catalog(FileText agencies, FileText oris, Diagnostics& diagnostics) {
  CatalogDraft draft;
  Catalog& catalog = draft.catalog;
  if (agencies.bytes) {
    catalog.agencies_bytes = std::move(*agencies.bytes);
    Reporter reporter(agencies.name, diagnostics);
    read_agencies(draft, reporter);
  }
  if (oris.bytes) {
    catalog.oris_bytes = std::move(*oris.bytes);
    Reporter reporter(oris.name, diagnostics);
    read_oris(draft, reporter);
  }
  catalog.digest = to_hex(sha256(catalog.agencies_bytes + '\x1F' + catalog.oris_bytes));
  return draft;
}

std::optional<Catalog> parse_catalog(std::string_view agencies_name, std::string agencies_bytes,
                                     std::string_view oris_name, std::string oris_bytes,
                                     Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  CatalogDraft draft = draft_catalog({std::string(agencies_name), std::move(agencies_bytes)},
                                     {std::string(oris_name), std::move(oris_bytes)}, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  return std::move(draft.catalog);
}

std::optional<Catalog> parse_agencies(std::string_view name, std::string bytes, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  CatalogDraft draft = draft_catalog({std::string(name), std::move(bytes)}, {}, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  return std::move(draft.catalog);
}

}  // namespace blockwatch
