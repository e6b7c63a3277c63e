// The versions of policy and catalog at a start: what the state knows, what is configured, what follows.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "config/load.h"
#include "config/policy_history.h"
#include "pipeline/activations.h"
#include "pipeline/ruleset_history.h"
#include "state/store.h"

namespace blockwatch {

struct AdoptedVersions {
  RulesetHistory history;
  /// The configured policy or catalog where it is not the newest of the state: to be put in force.
  std::optional<Activation> next;
};

/// An empty state gets the configured policy and catalog, for all time. The store outlives the result.
Expected<AdoptedVersions> adopt_versions(Store& store, const Configuration& configuration);

/// An empty state gets the history; any other must hold the same (error 78).
Expected<RulesetHistory> adopt_history(Store& store, const PolicyHistory& history);

/// What of `loaded` differs from the versions named by their digests; empty: nothing does.
std::optional<Activation> changed_versions(const std::string& policy_digest,
                                           const std::string& catalog_digest, const Configuration& loaded);

}  // namespace blockwatch
