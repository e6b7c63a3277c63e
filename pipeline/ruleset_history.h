// Which policy and catalog hold when (contract §4 "Versions"). A message is judged by the versions in force
// at its event time, so the order of arrival never matters.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "config/version_spans.h"
#include "pipeline/ruleset.h"
#include "state/records.h"

namespace blockwatch {

/// When a version loaded now comes into force: the first full minute after the wall clock and after every
/// event time counted so far (kNoTime: none yet), but not before the version loaded last (kNoTime: the first
/// one), which a wall clock that was set back would have it.
TimeNs activation_time(TimeNs now, TimeNs newest_event, TimeNs last_activation);

/// Every version that is stored, and what rulesets they make. Not for several threads at once.
class RulesetHistory {
 public:
  /// The files of one version; called when it is first compiled.
  using ReadFiles = std::function<std::vector<std::string>(VersionKind kind, std::size_t index)>;

  /// Neither list is empty; each rises in time from kNoTime on. `newest`: the last span's, if it is compiled.
  RulesetHistory(const std::vector<StoredVersion>& policies, const std::vector<StoredVersion>& catalogs,
                 ReadFiles files, std::shared_ptr<const Ruleset> newest = nullptr);
  /// One policy and one catalog for all time.
  static RulesetHistory always(std::shared_ptr<const Ruleset> ruleset);

  const std::vector<VersionSpan>& spans() const { return spans_; }
  std::size_t span_at(TimeNs time) const {
    return time >= spans_.back().from ? spans_.size() - 1 : earlier_span_at(time);
  }
  std::size_t newest() const { return spans_.size() - 1; }

  /// Compiles (some 0.2 s for 18,000 ORIs and 10,000 policies); only what was put in force as a ruleset is
  /// kept. Error 65: stored files that this program cannot read, or that do not fit together.
  Expected<std::shared_ptr<const Ruleset>> ruleset(std::size_t span) const;

  /// Puts a ruleset in force from `from`, which no span begins after. What of it is new is in `added`.
  void activate(TimeNs from, std::shared_ptr<const Ruleset> ruleset, const std::vector<NewVersion>& added);

 private:
  std::size_t earlier_span_at(TimeNs time) const;

  ReadFiles files_;
  std::array<std::size_t, 2> counts_{};  // versions by VersionKind - 1
  std::vector<VersionSpan> spans_;
  std::shared_ptr<const Ruleset> newest_;  // null: not compiled yet
};

/// Compiles a policy's file under a catalog's two. `subject` names them in the error (65).
Expected<std::shared_ptr<const Ruleset>> compile_stored(const std::vector<std::string>& policy,
                                                        const std::vector<std::string>& catalog,
                                                        const std::string& subject);

}  // namespace blockwatch
