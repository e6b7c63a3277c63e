// One catalog and one policy, compiled to look-ups: who asked, what a destination reaches, which policies can
// match.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/domain.h"
#include "base/ori.h"
#include "base/time.h"
#include "config/catalog.h"
#include "config/policy.h"

namespace blockwatch {

/// Who asked (contract §3).
struct Asker {
  NodeIndex node = 0;
  How how = How::unknown;
  bool has_row = false;          // the ORI stands in the catalog, at whatever time
  std::uint32_t place = 0;       // then a number of the ORI's own, below Ruleset::place_count()
  bool inactive = false;         // raises `inactive_ori`
  NodeIndex imitated = kNoNode;  // look-alike: the node of the ORI that this one imitates
};

/// What one destination reaches (contract §3).
struct Target {
  bool usable = false;
  bool unknown_code = false;  // two characters that no table knows
  Via via = Via::named;
  JurisdictionSet jurisdictions;
};

/// A policy that speaks of an observation. `rule` indexes Ruleset::rules(); `exception` indexes its
/// exceptions where the verdict is `excepted`, else -1.
struct PolicyMatch {
  std::uint32_t rule = 0;
  Verdict verdict = Verdict::none;
  std::int32_t exception = -1;
};

/// What judge() needs of an observation.
struct JudgedFacts {
  TimeNs time = 0;
  NodeIndex node = 0;
  Jurisdiction jurisdiction = 0;
  Class cls = Class::other;
  bool photo = false;
  std::string_view channel;
  std::string_view purpose;  // empty: absent
};

struct AskerTrace;     // pipeline/ruleset_why.h
struct PolicyFinding;  // pipeline/ruleset_why.h

/// Immutable, shared between threads. Work per event does not grow with the number of rules that do not
/// match.
class Ruleset {
 public:
  /// Keeps both alive.
  static std::shared_ptr<const Ruleset> compile(std::shared_ptr<const Catalog> catalog,
                                                std::shared_ptr<const Policy> policy);
  ~Ruleset();

  const Catalog& catalog() const;
  const Policy& policy() const;
  const std::vector<PolicyRule>& rules() const { return policy().rules; }
  /// By its id; null: there is none.
  const PolicyRule* rule_named(std::string_view id) const;

  Asker resolve(const Ori& ori, std::string_view line, TimeNs time) const;
  /// Asks the memory for what resolve() and target() will read of an ORI; they are faster some 100 ns later.
  /// Returns the Asker::place that is most likely.
  std::uint32_t expect(const Ori& ori) const;
  /// Above every Asker::place.
  std::size_t place_count() const;
  Target target(std::string_view destination, TimeNs time) const;

  /// Appends every policy with a verdict other than none, in file order; returns the strongest verdict
  /// (contract §5).
  Verdict judge(const JudgedFacts& facts, std::vector<PolicyMatch>& matches) const;

  /// Side channel (contract §6): appends the policies that list class `other`, cover it on this channel, and
  /// say blocked.
  void judge_side_channel(const JudgedFacts& facts, std::vector<PolicyMatch>& matches) const;

  // ---- for `explain`: slow; says what resolve() and judge() say, and why
  /// Borrows `line`.
  AskerTrace trace(const Ori& ori, std::string_view line, TimeNs time) const;
  /// Every policy of the file, in its order.
  std::vector<PolicyFinding> findings(const JudgedFacts& facts) const;

 private:
  Ruleset();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
