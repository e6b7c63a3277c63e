#include "pipeline/ruleset.h"

#include <algorithm>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/check.h"
#include "pipeline/ruleset_index.h"
#include "pipeline/ruleset_why.h"

namespace blockwatch {

struct Ruleset::Impl {
  Impl(std::shared_ptr<const Catalog> c, std::shared_ptr<const Policy> p)
      : catalog(std::move(c)),
        policy(std::move(p)),
        askers(*catalog),
        destinations(*catalog),
        rules(*catalog, *policy) {
    for (const PolicyRule& rule : policy->rules) rule_of_id.emplace(rule.id, &rule);
  }

  std::shared_ptr<const Catalog> catalog;
  std::shared_ptr<const Policy> policy;
  AskerIndex askers;
  DestinationIndex destinations;
  RuleIndex rules;
  boost::unordered_flat_map<std::string_view, const PolicyRule*> rule_of_id;

  /// `tell` takes each LookAlike that was looked at; only the last one can be the imitated one.
  template <class Tell>
  NodeIndex imitated(const Ori& ori, TimeNs time, Tell tell) const {
    for (const Ori& real : askers.look_alikes(ori)) {
      LookAlike one{real, kNoNode, LookAlike::Result::row_not_valid};
      if (askers.row(real, time) != nullptr) {
        one.node = askers.resolve(real, {}, time).node;
        one.result = rules.is_blocked_or_in_gap(one.node, time) ? LookAlike::Result::imitated
                                                                : LookAlike::Result::not_blocked;
      }
      tell(one);
      if (one.result == LookAlike::Result::imitated) return one.node;
    }
    return kNoNode;
  }
};

Ruleset::Ruleset() = default;
Ruleset::~Ruleset() = default;

std::shared_ptr<const Ruleset> Ruleset::compile(std::shared_ptr<const Catalog> catalog,
                                                std::shared_ptr<const Policy> policy) {
  std::shared_ptr<Ruleset> ruleset(new Ruleset());
  ruleset->impl_ = std::make_unique<Impl>(std::move(catalog), std::move(policy));
  return ruleset;
}

const Catalog& Ruleset::catalog() const {
  return *impl_->catalog;
}
const Policy& Ruleset::policy() const {
  return *impl_->policy;
}

const PolicyRule* Ruleset::rule_named(std::string_view id) const {
  const auto at = impl_->rule_of_id.find(id);
  return at == impl_->rule_of_id.end() ? nullptr : at->second;
}

std::uint32_t Ruleset::expect(const Ori& ori) const {
  return impl_->askers.expect(ori);
}
std::size_t Ruleset::place_count() const {
  return impl_->askers.place_count();
}

Asker Ruleset::resolve(const Ori& ori, std::string_view line, TimeNs time) const {
  Asker asker = impl_->askers.resolve(ori, line, time);
  if (!asker.has_row) asker.imitated = impl_->imitated(ori, time, [](const LookAlike&) {});
  return asker;
}

AskerTrace Ruleset::trace(const Ori& ori, std::string_view line, TimeNs time) const {
  AskerTrace trace;
  trace.asker = impl_->askers.resolve(ori, line, time, trace.steps);
  if (!trace.asker.has_row) {
    trace.asker.imitated =
        impl_->imitated(ori, time, [&](const LookAlike& one) { trace.look_alikes.push_back(one); });
  }
  return trace;
}

std::vector<PolicyFinding> Ruleset::findings(const JudgedFacts& facts) const {
  std::vector<PolicyFinding> findings;
  for (std::uint32_t rule = 0; rule < rules().size(); ++rule)
    findings.push_back(impl_->rules.finding(rule, facts, catalog()));
  return findings;
}

Target Ruleset::target(std::string_view destination, TimeNs time) const {
  if (!Ori::is_one(destination)) return impl_->destinations.code(destination);
  Target target;
  target.usable = true;
  if (const auto reached = impl_->askers.reached(Ori::of(destination), time))
    target.jurisdictions.insert(*reached);
  return target;
}

Verdict Ruleset::judge(const JudgedFacts& facts, std::vector<PolicyMatch>& matches) const {
  Verdict strongest = Verdict::none;
  impl_->rules.judge(facts, [&](const PolicyMatch& match) {
    matches.push_back(match);
    strongest = std::min(strongest, match.verdict);
  });
  return strongest;
}

void Ruleset::judge_side_channel(const JudgedFacts& facts, std::vector<PolicyMatch>& matches) const {
  JudgedFacts side = facts;
  side.cls = Class::other;  // what makes a rule match is that it lists this class
  side.photo = false;
  impl_->rules.judge(side, [&](const PolicyMatch& match) {
    if (match.verdict == Verdict::blocked) matches.push_back(match);
  });
}

}  // namespace blockwatch
