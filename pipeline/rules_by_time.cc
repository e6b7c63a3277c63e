#include "pipeline/rules_by_time.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/end_process.h"
#include "base/prefetch.h"

namespace blockwatch {
namespace {

const PolicyException* exception_of(const PolicyRule& rule, std::string_view reference) {
  const auto at = std::find_if(rule.exceptions.begin(), rule.exceptions.end(),
                               [reference](const PolicyException& e) { return e.reference == reference; });
  return at == rule.exceptions.end() ? nullptr : &*at;
}

ExceptionTerms terms_from(const PolicyRule& rule, const PolicyException& exception) {
  const TimeNs begin = exception.validity.from != kNoTime ? exception.validity.from : rule.enforce_from;
  return {bucket_of(begin, kDay), exception.max_uses.value_or(ExceptionTerms::kUnlimited),
          exception.validity.to};
}

}  // namespace

RulesInForce::RulesInForce(std::shared_ptr<const Ruleset> ruleset, Names& names)
    : ruleset_(std::move(ruleset)),
      names_(names),
      agencies_(ruleset_->catalog().nodes.size(), kNoId),
      policies_(ruleset_->rules().size(), kNoId),
      oris_(ruleset_->place_count(), kNoId),
      digest_(names.id(Dictionary::policy_digest, ruleset_->policy().digest)) {}

void RulesInForce::expect(const QueryEvent& event) const {
  prefetch_line(&oris_[ruleset_->expect(event.ori)]);
  for (const DestinationText& destination : event.destinations)
    if (Ori::is_one(destination.view())) ruleset_->expect(Ori::of(destination.view()));
}

DictionaryId RulesInForce::agency(NodeIndex node) {
  DictionaryId& id = agencies_.at(node);
  if (id == kNoId) id = names_.id(Dictionary::agency, ruleset_->catalog().nodes[node].id);
  return id;
}

DictionaryId RulesInForce::policy(std::uint32_t rule) {
  DictionaryId& id = policies_.at(rule);
  if (id == kNoId) id = names_.id(Dictionary::policy, this->rule(rule).id);
  return id;
}

DictionaryId RulesInForce::look_up(const Asker& asker, const Ori& ori) {
  const DictionaryId id = names_.id(ori);
  if (asker.has_row) oris_.at(asker.place) = id;
  return id;
}

std::string exception_name(std::string_view policy, std::string_view reference) {
  return std::string(policy) + '#' + std::string(reference);
}

RulesByTime::RulesByTime(RulesetHistory history, Names& names)
    : history_(std::move(history)), names_(names), recent_span_(history_.newest()) {
  recent_ = kept(recent_span_);
}

std::shared_ptr<RulesInForce> RulesByTime::kept(std::size_t span) {
  Kept& entry = kept_[span];
  entry.last_use = ++uses_;
  if (entry.rules) return entry.rules;
  auto compiled = history_.ruleset(span);
  if (!compiled) end_process(compiled.error());
  entry.rules = std::make_shared<RulesInForce>(std::move(*compiled), names_);
  auto made = entry.rules;
  if (kept_.size() > kKeptMax) {
    const auto oldest = std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.last_use < b.second.last_use;
    });
    kept_.erase(oldest);
  }
  return made;
}

RulesInForce& RulesByTime::use(std::size_t span) {
  recent_ = kept(span);
  recent_span_ = span;
  return *recent_;
}

// Versions of the policy are asked from the newest back; spans that differ in the catalog only are passed
// over.
const PolicyRule* RulesByTime::newest_rule(std::string_view policy, std::string_view reference) {
  const auto& spans = history_.spans();
  for (std::size_t span = spans.size(); span-- > 0;) {
    if (span + 1 < spans.size() && spans[span].policy == spans[span + 1].policy) continue;
    const PolicyRule* const rule = kept(span)->ruleset().rule_named(policy);
    if (rule != nullptr && (reference.empty() || exception_of(*rule, reference) != nullptr)) return rule;
  }
  return nullptr;
}

const ExceptionTerms& RulesByTime::terms_of(const std::string& exception) {
  const auto known = terms_.find(exception);
  if (known != terms_.end()) return known->second;
  const std::size_t hash = exception.find('#');  // an id holds none
  const std::string_view reference = std::string_view(exception).substr(hash + 1);
  const PolicyRule* const rule = newest_rule(std::string_view(exception).substr(0, hash), reference);
  BW_CHECK(rule != nullptr);
  return terms_.emplace(exception, terms_from(*rule, *exception_of(*rule, reference))).first->second;
}

std::string RulesByTime::authority_of(std::string_view policy) {
  const std::size_t hash = policy.find('#');
  const std::string_view reference = hash == policy.npos ? std::string_view() : policy.substr(hash + 1);
  const PolicyRule* const rule = newest_rule(policy.substr(0, hash), reference);
  return rule == nullptr ? std::string() : rule->authority;
}

void RulesByTime::note_terms(const Ruleset& ruleset) {
  for (const PolicyRule& rule : ruleset.rules()) {
    for (const PolicyException& exception : rule.exceptions) {
      const std::string name = exception_name(rule.id, exception.reference);
      if (names_.knows(Dictionary::policy, name)) terms_of(name);  // it was used under some version
    }
  }
}

std::vector<RulesByTime::ChangedTerms> RulesByTime::activate(TimeNs from,
                                                             std::shared_ptr<const Ruleset> ruleset,
                                                             const std::vector<NewVersion>& added) {
  note_terms(*ruleset);
  // What is replaced within its minute was never in force, and its terms count no more.
  if (history_.spans().back().from == from) {
    note_terms(kept(history_.newest())->ruleset());
    kept_.erase(history_.newest());
  }
  const auto before = std::exchange(terms_, {});
  history_.activate(from, std::move(ruleset), added);
  recent_span_ = history_.newest();
  recent_ = kept(recent_span_);
  std::vector<ChangedTerms> changed;
  for (const auto& [name, terms] : before) {
    const ExceptionTerms& after = terms_of(name);
    if (after != terms) changed.push_back({name, terms, after});
  }
  return changed;
}

}  // namespace blockwatch
