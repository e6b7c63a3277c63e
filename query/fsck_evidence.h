// Evidence against the pages, the incidents and the offsets (part of query/fsck.h).
#pragma once

#include <vector>

#include "query/fsck.h"
#include "state/store.h"

namespace blockwatch {

std::vector<Check> check_evidence(const Snapshot& snapshot);

}  // namespace blockwatch
