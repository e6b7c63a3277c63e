// A catalog and a policy made by hand, in the form in which they are loaded: reserved agencies first,
// everything sorted.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "pipeline/ruleset.h"

namespace blockwatch {

inline TimeNs instant(std::string_view text) {
  const auto time = parse_rfc3339(text);
  EXPECT_TRUE(time.has_value()) << text;
  return time.value_or(0);
}

inline Ori ori(std::string_view text) {
  const auto value = Ori::from(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(Ori());
}

class World {
 public:
  World() {
    for (const std::string_view id : kReservedAgencies) agency(id);
    catalog_.regions["NL"] = JurisdictionSet::all();
  }

  NodeIndex agency(std::string_view id, std::string_view parent = {}, Validity validity = {}) {
    AgencyNode node;
    node.id = id;
    node.validity = validity;
    if (!parent.empty()) node.parent = this->node(parent);
    const auto index = static_cast<NodeIndex>(catalog_.nodes.size());
    catalog_.nodes.push_back(node);
    catalog_.by_name[std::string(id)] = index;
    return index;
  }
  NodeIndex node(std::string_view id) const { return catalog_.by_name.at(std::string(id)); }

  void pattern(std::string_view text, std::string_view agency_id) {
    catalog_.patterns.push_back({std::string(text), node(agency_id)});
  }
  void line(std::string_view code, std::string_view agency_id) {
    catalog_.lines.emplace(std::string(code), node(agency_id));
  }
  void region(std::string_view code, std::initializer_list<std::string_view> members) {
    catalog_.regions.insert_or_assign(std::string(code), set_of(members));
  }
  /// `agency_id` empty: the row names none.
  OriRow& row(std::string_view text, std::string_view agency_id = {}) {
    OriRow& row = rows_.emplace_back();
    row.ori = ori(text);
    if (!agency_id.empty()) row.agency = node(agency_id);
    return row;
  }

  PolicyRule& block(std::string_view id, std::initializer_list<std::string_view> jurisdictions,
                    std::initializer_list<std::string_view> agencies, TimeNs enforce_from) {
    PolicyRule& rule = add(blocks_, id, jurisdictions, agencies);
    rule.ordered_at = rule.enforce_from = enforce_from;
    return rule;
  }
  PolicyRule& watch(std::string_view id, std::initializer_list<std::string_view> jurisdictions,
                    std::initializer_list<std::string_view> agencies) {
    PolicyRule& rule = add(watches_, id, jurisdictions, agencies);
    rule.watch = true;
    return rule;
  }

  /// "*" = all.
  static JurisdictionSet set_of(std::initializer_list<std::string_view> codes) {
    JurisdictionSet set;
    for (const std::string_view code : codes) {
      if (code == "*") return JurisdictionSet::all();
      set.insert(jurisdiction_from(code).value());
    }
    return set;
  }

  std::shared_ptr<const Ruleset> compile() const {
    auto catalog = std::make_shared<Catalog>(catalog_);
    std::sort(catalog->patterns.begin(), catalog->patterns.end(),
              [](const OriPattern& a, const OriPattern& b) {
                const auto rank = [](const OriPattern& p) {
                  const auto wild = std::count_if(p.pattern.begin(), p.pattern.end(),
                                                  [](char c) { return c == '?' || c == '*'; });
                  const auto size = static_cast<std::ptrdiff_t>(p.pattern.size());
                  return std::tuple(-(size - wild), -size, p.pattern);
                };
                return rank(a) < rank(b);
              });
    catalog->oris.assign(rows_.begin(), rows_.end());
    std::sort(catalog->oris.begin(), catalog->oris.end(), [](const OriRow& a, const OriRow& b) {
      return std::tie(a.ori, a.validity.from) < std::tie(b.ori, b.validity.from);
    });
    auto policy = std::make_shared<Policy>();
    policy->rules.assign(blocks_.begin(), blocks_.end());
    policy->rules.insert(policy->rules.end(), watches_.begin(), watches_.end());
    return Ruleset::compile(catalog, policy);
  }

 private:
  PolicyRule& add(std::deque<PolicyRule>& rules, std::string_view id,
                  std::initializer_list<std::string_view> jurisdictions,
                  std::initializer_list<std::string_view> agencies) {
    PolicyRule& rule = rules.emplace_back();
    rule.id = id;
    rule.jurisdictions = set_of(jurisdictions);
    for (const std::string_view agency_id : agencies) rule.agencies.push_back(node(agency_id));
    return rule;
  }

  Catalog catalog_;
  std::deque<OriRow> rows_;  // deques: what was handed out stays where it is
  std::deque<PolicyRule> blocks_;
  std::deque<PolicyRule> watches_;
};

}  // namespace blockwatch
