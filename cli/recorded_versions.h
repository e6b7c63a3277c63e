// The versions of policy and catalog that a state was counted under, from wherever it is.
#pragma once

#include "base/error.h"
#include "cli/answer.h"
#include "pipeline/ruleset_history.h"

namespace blockwatch {

/// Asks for what `blockwatch policy log` shows; with the files of each version if `with_files`.
Question versions_question(bool with_files);

/// As the rulesets that judge. Error: what the state or the daemon refuses, or a state that has no versions.
Expected<RulesetHistory> recorded_versions(const Place& place);

}  // namespace blockwatch
