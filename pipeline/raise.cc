#include "pipeline/raise.h"

#include "pipeline/alert/raised.h"

namespace blockwatch {
namespace {

Evidence evidence_of(const CountedMessage& message, const Reach& reach, const PolicyMatch& match) {
  Evidence e;
  e.partition = message.record.partition;
  e.epoch = message.epoch;
  e.offset = message.record.offset;
  e.jurisdiction = reach.jurisdiction;
  e.policy = message.rules.policy(match.rule);
  e.time = message.event.time;
  e.agency = message.rules.agency(message.asker.node);
  e.ori = message.event.ori;
  e.cls = message.expansion.cls;
  e.photo = message.expansion.photo;
  e.outcome = reach.outcome;
  e.via = reach.via;
  e.verdict = match.verdict;
  e.policy_digest = message.rules.digest();
  if (match.exception >= 0) {
    const PolicyRule& rule = message.rules.rule(match.rule);
    e.exception = rule.exceptions.at(static_cast<std::size_t>(match.exception)).reference;
  }
  return e;
}

}  // namespace

IncidentAddition Raiser::addition(const CountedMessage& message, IncidentKind kind) const {
  IncidentAddition a;
  a.slot.kind = kind;
  a.slot.day = bucket_of(message.event.time, kDay);
  a.partition = message.record.partition;
  a.offset = message.record.offset;
  a.time = message.event.time;
  a.broker_time = message.record.broker_time;
  a.ori = message.event.ori;
  a.outcome = message.event.outcome;
  a.cls = message.expansion.cls;
  a.photo = message.expansion.photo;
  a.limits.closes_at = saturating_add((a.slot.day + 1) * kDay, lateness_);
  return a;
}

IncidentAddition Raiser::addition(const CountedMessage& message, const Reach& reach, const PolicyMatch& match,
                                  IncidentKind kind) const {
  IncidentAddition a = addition(message, kind);
  a.outcome = reach.outcome;
  a.slot.policy = message.rules.policy(match.rule);
  a.slot.jurisdiction = reach.jurisdiction;
  a.slot.agency = message.rules.agency(message.asker.node);
  return a;
}

bool Raiser::about_asker(const CountedMessage& message) {
  const auto kind = raised_by_asker(message.asker);
  if (!kind) return false;
  const Asker& asker = message.asker;
  IncidentAddition a = addition(message, *kind);
  a.slot.agency = message.rules.agency(asker.imitated != kNoNode ? asker.imitated : asker.node);
  book_.add(a);
  return true;
}

bool Raiser::by_side_channel(const CountedMessage& message, const Reach& reach, const PolicyMatch& match) {
  book_.add(addition(message, reach, match, IncidentKind::side_channel));
  return true;
}

bool Raiser::by_policy(const CountedMessage& message, const Reach& reach, const PolicyMatch& match,
                       std::vector<Evidence>& evidence) {
  if (match.verdict == Verdict::shadow || match.verdict == Verdict::none) return false;
  evidence.push_back(evidence_of(message, reach, match));
  for (const IncidentKind kind : raised_by_policy(match.verdict, reach))
    book_.add(addition(message, reach, match, kind));
  if (match.verdict == Verdict::excepted) {
    const PolicyRule& rule = message.rules.rule(match.rule);
    use_exception(addition(message, reach, match, IncidentKind::exception_exceeded), rule,
                  rule.exceptions.at(static_cast<std::size_t>(match.exception)));
  }
  return true;
}

// Uses are summed over jurisdictions, agencies and days; only those beyond max_uses raise. Those of an
// exception without max_uses are kept too: a later version may give it one.
void Raiser::use_exception(IncidentAddition a, const PolicyRule& rule, const PolicyException& exception) {
  const std::string name = exception_name(rule.id, exception.reference);
  const ExceptionTerms& terms = rules_.terms_of(name);
  a.slot = slot_of(name, terms);
  a.limits = limits_of(terms);
  book_.add(a);
}

IncidentSlot Raiser::slot_of(const std::string& exception, const ExceptionTerms& terms) {
  IncidentSlot slot;
  slot.kind = IncidentKind::exception_exceeded;
  slot.policy = names_.id(Dictionary::policy, exception);
  slot.day = terms.day;
  return slot;
}

IncidentLimits Raiser::limits_of(const ExceptionTerms& terms) const {
  return {terms.max_uses,
          terms.expires_at == kNoTime ? kNoTime : saturating_add(terms.expires_at, lateness_)};
}

void Raiser::change_terms(const RulesByTime::ChangedTerms& change, CommitBatch& batch) {
  book_.move(slot_of(change.exception, change.before), slot_of(change.exception, change.after),
             limits_of(change.after), batch);
}

}  // namespace blockwatch
