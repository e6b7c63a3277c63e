// What a counted message raises: additions to incidents (contract §6), and evidence.
#pragma once

#include <string>
#include <vector>

#include "base/domain.h"
#include "pipeline/alert/incident_book.h"
#include "pipeline/event.h"
#include "pipeline/expand.h"
#include "pipeline/ports.h"
#include "pipeline/rules_by_time.h"
#include "pipeline/ruleset.h"
#include "state/records.h"

namespace blockwatch {

/// A message that is being counted, and what is known of it. Borrows everything.
struct CountedMessage {
  const SourceRecord& record;
  std::uint32_t epoch;
  const QueryEvent& event;
  const Expansion& expansion;
  RulesInForce& rules;
  Asker asker;
};

/// Owned by the Applier, its thread; what it is given outlives it.
class Raiser {
 public:
  Raiser(IncidentBook& book, Names& names, RulesByTime& rules, TimeNs lateness)
      : book_(book), names_(names), rules_(rules), lateness_(lateness) {}

  // Each true if something was added to an incident.
  /// The kinds about the asker: once a message, of any class.
  bool about_asker(const CountedMessage& message);
  bool by_side_channel(const CountedMessage& message, const Reach& reach, const PolicyMatch& match);
  /// Appends the evidence of every verdict but shadow.
  bool by_policy(const CountedMessage& message, const Reach& reach, const PolicyMatch& match,
                 std::vector<Evidence>& evidence);

  /// The uses of an exception go on under other terms.
  void change_terms(const RulesByTime::ChangedTerms& change, CommitBatch& batch);

 private:
  IncidentAddition addition(const CountedMessage& message, IncidentKind kind) const;
  IncidentAddition addition(const CountedMessage& message, const Reach& reach, const PolicyMatch& match,
                            IncidentKind kind) const;
  IncidentSlot slot_of(const std::string& exception, const ExceptionTerms& terms);
  IncidentLimits limits_of(const ExceptionTerms& terms) const;
  void use_exception(IncidentAddition addition, const PolicyRule& rule, const PolicyException& exception);

  IncidentBook& book_;
  Names& names_;
  RulesByTime& rules_;
  TimeNs lateness_;
};

}  // namespace blockwatch
