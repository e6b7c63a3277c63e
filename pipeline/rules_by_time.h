// The rulesets that the worker judges by, each with the ids of its strings in the persisted dictionaries.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/event.h"
#include "pipeline/names.h"
#include "pipeline/ruleset.h"
#include "pipeline/ruleset_history.h"

namespace blockwatch {

/// One ruleset; ids are looked up once each. The names outlive it.
class RulesInForce {
 public:
  RulesInForce(std::shared_ptr<const Ruleset> ruleset, Names& names);

  const Ruleset& ruleset() const { return *ruleset_; }
  /// Asks the memory for what the event will be judged by.
  void expect(const QueryEvent& event) const;
  const PolicyRule& rule(std::uint32_t rule) const { return ruleset_->rules()[rule]; }
  DictionaryId agency(NodeIndex node);
  DictionaryId policy(std::uint32_t rule);
  /// Of the ORI that was resolved to `asker`.
  DictionaryId ori(const Asker& asker, const Ori& ori) {
    return asker.has_row && oris_[asker.place] != kNoId ? oris_[asker.place] : look_up(asker, ori);
  }
  /// Of the policy file.
  DictionaryId digest() const { return digest_; }

 private:
  static constexpr DictionaryId kNoId = 0xFFFFFFFF;
  DictionaryId look_up(const Asker& asker, const Ori& ori);

  std::shared_ptr<const Ruleset> ruleset_;
  Names& names_;
  std::vector<DictionaryId> agencies_, policies_, oris_;  // by index, kNoId: not looked up yet
  DictionaryId digest_;
};

/// What decides an exception's incident: of several versions of the policy the newest that has it (contract
/// §6).
struct ExceptionTerms {
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;
  std::int64_t day = 0;                 // number of the UTC day
  std::uint64_t max_uses = kUnlimited;  // uses that raise nothing
  TimeNs expires_at = kNoTime;          // kNoTime: never
  friend bool operator==(const ExceptionTerms&, const ExceptionTerms&) = default;
};

/// `ID#REFERENCE`, by which an exception's incident names its policy.
std::string exception_name(std::string_view policy, std::string_view reference);

/// Owned by the Applier; the worker's thread. Keeps the rulesets used last and compiles an older one when an
/// event of its time comes. Stored versions that cannot be compiled end the process (exit 65), as does a row
/// of the store that cannot be read.
class RulesByTime {
 public:
  RulesByTime(RulesetHistory history, Names& names);

  /// Valid until the next call of at() or activate().
  RulesInForce& at(TimeNs time) {
    const std::size_t span = history_.span_at(time);
    return span == recent_span_ ? *recent_ : use(span);
  }
  /// The rules that the last event was judged by.
  const RulesInForce& recent() const { return *recent_; }
  /// The same without disturbing what at() returned.
  std::shared_ptr<RulesInForce> hold(TimeNs time) { return kept(history_.span_at(time)); }

  /// Of the newest version; kNoTime: it is the first.
  TimeNs last_activation() const { return history_.spans().back().from; }

  /// By its name. Somebody judged by it, so a version has it.
  const ExceptionTerms& terms_of(const std::string& exception);
  /// Of a policy, in the newest version that has it; empty: none has.
  std::string authority_of(std::string_view policy);

  /// An exception whose terms a newer version changed.
  struct ChangedTerms {
    std::string exception;
    ExceptionTerms before, after;
  };
  /// Puts a ruleset in force; see RulesetHistory::activate. Returns in order of name.
  std::vector<ChangedTerms> activate(TimeNs from, std::shared_ptr<const Ruleset> ruleset,
                                     const std::vector<NewVersion>& added);

 private:
  /// An operator changes a policy some ten times a year, and events of more than a few spans rarely mix.
  static constexpr std::size_t kKeptMax = 16;
  struct Kept {
    std::shared_ptr<RulesInForce> rules;
    std::uint64_t last_use = 0;
  };
  RulesInForce& use(std::size_t span);
  std::shared_ptr<RulesInForce> kept(std::size_t span);
  /// Of the exceptions that the ruleset has and somebody used, as they are before a version comes or goes.
  void note_terms(const Ruleset& ruleset);
  const PolicyRule* newest_rule(std::string_view policy, std::string_view reference);

  RulesetHistory history_;
  Names& names_;
  std::shared_ptr<RulesInForce> recent_;
  std::size_t recent_span_;
  std::map<std::size_t, Kept> kept_;
  std::uint64_t uses_ = 0;
  std::map<std::string, ExceptionTerms, std::less<>> terms_;  // as far as asked for
};

}  // namespace blockwatch
