// The versions of policy and catalog that a state was counted under (contract §4 "Versions").
#pragma once

#include <string>

#include "state/store.h"

namespace blockwatch {

/// `{"policies":[{"activated_at":null,"digest":"…","superseded":false}],"catalogs":[…]}` in order of
/// activation; activated_at null: for all time; superseded: replaced within its minute, never in force.
/// `with_files`: each has its file (policy) or files (catalog: agencies, oris) as texts under `files`.
std::string versions_json(const Snapshot& snapshot, bool with_files);

}  // namespace blockwatch
