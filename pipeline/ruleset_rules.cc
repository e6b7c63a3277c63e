#include <algorithm>

#include "base/check.h"
#include "pipeline/ruleset_index.h"

namespace blockwatch {
namespace {

constexpr unsigned kPhotoBit = 1U << kClassCount;
constexpr unsigned class_bit(Class cls) {
  return 1U << static_cast<unsigned>(cls);
}
constexpr unsigned kDmvClasses =
    class_bit(Class::driver_license) | class_bit(Class::driver_history) | class_bit(Class::registration);

unsigned class_bits(const PolicyRule& rule) {
  if (!rule.lists_classes()) return kDmvClasses;
  unsigned bits = rule.photo ? kPhotoBit : 0U;
  for (const Class cls : rule.classes) bits |= class_bit(cls);
  return bits;
}

/// The earlier of the two that are given.
TimeNs earlier(TimeNs a, TimeNs b) {
  return a == kNoTime ? b : b == kNoTime ? a : std::min(a, b);
}

/// Subtrees by their top, each found once: many rules name the same few agencies.
class Subtrees {
 public:
  explicit Subtrees(const Catalog& catalog) : catalog_(catalog), of_(catalog.nodes.size()) {}

  std::vector<bool> united(const std::vector<NodeIndex>& tops) {
    std::vector<bool> all(of_.size());
    for (const NodeIndex top : tops) {
      const std::vector<bool>& one = of(top);
      for (std::size_t n = 0; n < all.size(); ++n) all[n] = all[n] || one[n];
    }
    return all;
  }

  /// Agencies less carve-outs, ascending.
  std::vector<NodeIndex> covered(const PolicyRule& rule) {
    const std::vector<bool> in = united(rule.agencies);
    const std::vector<bool> out = united(rule.except_agencies);
    std::vector<NodeIndex> nodes;
    for (std::size_t n = 0; n < in.size(); ++n) {
      if (in[n] && !out[n]) nodes.push_back(static_cast<NodeIndex>(n));
    }
    return nodes;
  }

 private:
  const std::vector<bool>& of(NodeIndex top) {
    BW_CHECK(top < of_.size());
    if (of_[top].empty()) of_[top] = catalog_.subtree(top);
    return of_[top];
  }

  const Catalog& catalog_;
  std::vector<std::vector<bool>> of_;
};

/// Finds out which lists are the same: rules by the thousand are about the same few sets of agencies and
/// jurisdictions.
class ListPool {
 public:
  /// All distinct lists, one behind the other.
  const std::vector<std::uint32_t>& storage() const { return storage_; }

  /// Where the list begins.
  std::uint32_t place(const std::vector<std::uint32_t>& list) {
    std::uint64_t hash = list.size();
    for (const std::uint32_t rule : list) hash = (hash ^ rule) * 0x9E3779B97F4A7C15ULL + (hash >> 29U);
    const auto [at, is_new] = first_of_.try_emplace(hash, static_cast<std::uint32_t>(storage_.size()));
    if (is_new || !holds(at->second, list)) {
      at->second = static_cast<std::uint32_t>(storage_.size());
      storage_.insert(storage_.end(), list.begin(), list.end());
    }
    return at->second;
  }

 private:
  bool holds(std::size_t first, const std::vector<std::uint32_t>& list) const {
    return storage_.size() - first >= list.size() &&
           std::equal(list.begin(), list.end(), storage_.begin() + static_cast<std::ptrdiff_t>(first));
  }

  std::vector<std::uint32_t> storage_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> first_of_;
};

/// Disjoint and ascending; touching windows become one.
std::vector<Validity> merged(std::vector<Validity> windows) {
  std::sort(windows.begin(), windows.end(),
            [](const Validity& a, const Validity& b) { return a.from < b.from; });
  std::vector<Validity> out;
  for (const Validity& window : windows) {
    if (out.empty() || (out.back().to != kNoTime && out.back().to < window.from)) {
      out.push_back(window);
    } else if (out.back().to != kNoTime) {
      out.back().to = window.to == kNoTime ? kNoTime : std::max(out.back().to, window.to);
    }
  }
  return out;
}

/// The first of `node` and what is above it that `listed` names; kNoNode: none.
NodeIndex listed_above(NodeIndex node, const std::vector<NodeIndex>& listed, const Catalog& catalog) {
  while (node != kNoNode && std::find(listed.begin(), listed.end(), node) == listed.end())
    node = catalog.nodes[node].parent;
  return node;
}

}  // namespace

RuleIndex::RuleIndex(const Catalog& catalog, const Policy& policy) : node_count_(catalog.nodes.size()) {
  Subtrees subtrees(catalog);
  std::vector<std::vector<NodeIndex>> nodes_of;
  nodes_of.reserve(policy.rules.size());
  rules_.reserve(policy.rules.size());
  for (const PolicyRule& source : policy.rules) {
    nodes_of.push_back(subtrees.covered(source));
    CompiledRule& rule = rules_.emplace_back();
    rule.window = {earlier(source.ordered_at, source.enforce_from), source.ends_at};
    rule.enforce_from = source.enforce_from;
    rule.classes = static_cast<std::uint8_t>(class_bits(source));
    rule.watch = source.watch;
    rule.shadow = source.shadow;
    rule.source = &source;
    for (const PolicyException& exception : source.exceptions) {
      rule.exception_nodes.push_back(exception.agencies.empty() ? std::vector<bool>()
                                                                : subtrees.united(exception.agencies));
    }
  }
  index_rules(nodes_of);
  index_block_windows(nodes_of);
}

void RuleIndex::index_rules(const std::vector<std::vector<NodeIndex>>& nodes_of) {
  about_.resize(kJurisdictionCount * node_count_);
  ListPool pool;
  std::vector<std::vector<std::uint32_t>> by_node(node_count_);
  for (std::size_t j = 0; j < kJurisdictionCount; ++j) {
    for (std::uint32_t r = 0; r < rules_.size(); ++r) {
      if (!rules_[r].source->jurisdictions.contains(static_cast<Jurisdiction>(j))) continue;
      for (const NodeIndex node : nodes_of[r]) by_node[node].push_back(r);
    }
    for (std::size_t n = 0; n < node_count_; ++n) {
      about_[n * kJurisdictionCount + j] = {pool.place(by_node[n]),
                                            static_cast<std::uint32_t>(by_node[n].size())};
      by_node[n].clear();
    }
  }
  lists_.reserve(pool.storage().size());
  for (const std::uint32_t r : pool.storage()) {
    const CompiledRule& rule = rules_[r];
    Candidate& candidate = lists_.emplace_back(Candidate{
        rule.window.from, rule.window.to == kNoTime ? kTimeMax : rule.window.to - 1, r, rule.classes});
    if (!rule.source->channels.empty()) candidate.channels = 0;
    for (const std::string& channel : rule.source->channels) candidate.channels |= channel_bit(channel);
  }
}

void RuleIndex::index_block_windows(const std::vector<std::vector<NodeIndex>>& nodes_of) {
  block_windows_.resize(node_count_);
  for (std::size_t r = 0; r < rules_.size(); ++r) {
    const CompiledRule& rule = rules_[r];
    // A window that ends before it begins holds nothing, and would upset the merge.
    const bool is_empty = rule.window.to != kNoTime && rule.window.to <= rule.window.from;
    if (rule.watch || rule.shadow || is_empty) continue;
    for (const NodeIndex node : nodes_of[r]) block_windows_[node].push_back(rule.window);
  }
  for (std::vector<Validity>& windows : block_windows_) windows = merged(std::move(windows));
}

std::span<const RuleIndex::Candidate> RuleIndex::about(Jurisdiction jurisdiction, NodeIndex node) const {
  BW_CHECK(jurisdiction < kJurisdictionCount && node < node_count_);
  const Range range = about_[node * kJurisdictionCount + jurisdiction];
  return std::span(lists_).subspan(range.first, range.count);
}

unsigned RuleIndex::classes_of(const JudgedFacts& facts) {
  return class_bit(facts.cls) | (facts.photo ? kPhotoBit : 0U);
}

bool RuleIndex::covers_class(const CompiledRule& rule, const JudgedFacts& facts) {
  return (rule.classes & classes_of(facts)) != 0;
}

bool RuleIndex::covers_channel(const CompiledRule& rule, const JudgedFacts& facts) {
  const std::vector<std::string>& channels = rule.source->channels;
  return channels.empty() || std::find(channels.begin(), channels.end(), facts.channel) != channels.end();
}

PolicyPhase RuleIndex::phase_of(const CompiledRule& rule, TimeNs time) {
  if (rule.window.from != kNoTime && time < rule.window.from) return PolicyPhase::before;
  if (rule.window.to != kNoTime && time >= rule.window.to) return PolicyPhase::ended;
  return !rule.watch && time < rule.enforce_from ? PolicyPhase::gap : PolicyPhase::in_force;
}

ExceptionMiss RuleIndex::exception_miss(const CompiledRule& rule, std::size_t exception,
                                        const JudgedFacts& facts) {
  const PolicyException& source = rule.source->exceptions[exception];
  const std::vector<bool>& nodes = rule.exception_nodes[exception];
  if (!nodes.empty() && !nodes[facts.node]) return ExceptionMiss::agency;
  const auto& purposes = source.purposes;
  // An absent purpose is empty, and no list holds an empty one.
  if (!purposes.empty() && std::find(purposes.begin(), purposes.end(), facts.purpose) == purposes.end())
    return ExceptionMiss::purpose;
  if (source.validity.contains(facts.time)) return ExceptionMiss::none;
  return source.validity.from != kNoTime && facts.time < source.validity.from ? ExceptionMiss::not_started
                                                                              : ExceptionMiss::expired;
}

std::int32_t RuleIndex::exception_for(const CompiledRule& rule, const JudgedFacts& facts) {
  for (std::size_t i = 0; i < rule.exception_nodes.size(); ++i) {
    if (exception_miss(rule, i, facts) == ExceptionMiss::none) return static_cast<std::int32_t>(i);
  }
  return -1;
}

PolicyMatch RuleIndex::judge_rule(std::uint32_t index, const JudgedFacts& facts) const {
  const CompiledRule& rule = rules_[index];
  PolicyMatch match{index, Verdict::none, -1};
  const PolicyPhase phase = phase_of(rule, facts.time);
  if (phase == PolicyPhase::before || phase == PolicyPhase::ended) return match;
  if (!covers_class(rule, facts) || !covers_channel(rule, facts)) return match;
  if (rule.watch) {
    match.verdict = Verdict::watched;
  } else if (phase == PolicyPhase::gap) {
    match.verdict = rule.shadow ? Verdict::none : Verdict::gap;
  } else {
    match.exception = exception_for(rule, facts);
    if (match.exception < 0) {
      match.verdict = rule.shadow ? Verdict::shadow : Verdict::blocked;
    } else if (!rule.shadow) {
      match.verdict = Verdict::excepted;
    } else {
      match.exception = -1;
    }
  }
  return match;
}

bool RuleIndex::is_blocked_or_in_gap(NodeIndex node, TimeNs time) const {
  const std::vector<Validity>& windows = block_windows_[node];
  const auto after = std::upper_bound(windows.begin(), windows.end(), time,
                                      [](TimeNs t, const Validity& window) { return t < window.from; });
  return after != windows.begin() && std::prev(after)->contains(time);
}

PolicyFinding RuleIndex::finding(std::uint32_t index, const JudgedFacts& facts,
                                 const Catalog& catalog) const {
  const CompiledRule& rule = rules_[index];
  const PolicyRule& source = *rule.source;
  PolicyFinding finding;
  finding.match.rule = index;
  const auto candidates = about(facts.jurisdiction, facts.node);
  if (std::any_of(candidates.begin(), candidates.end(),
                  [index](const Candidate& c) { return c.rule == index; }))
    finding.match = judge_rule(index, facts);
  finding.jurisdiction = source.jurisdictions.contains(facts.jurisdiction);
  finding.listed = listed_above(facts.node, source.agencies, catalog);
  if (finding.listed != kNoNode) {
    const NodeIndex carved = listed_above(facts.node, source.except_agencies, catalog);
    finding.agency = carved == kNoNode ? AgencyFit::covered : AgencyFit::carved_out;
    if (carved != kNoNode) finding.listed = carved;
  }
  finding.cls = covers_class(rule, facts);
  finding.channel = covers_channel(rule, facts);
  finding.phase = phase_of(rule, facts.time);
  for (std::size_t i = 0; i < rule.exception_nodes.size(); ++i)
    finding.exceptions.push_back(exception_miss(rule, i, facts));
  return finding;
}

}  // namespace blockwatch
