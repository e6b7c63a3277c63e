// The gaps of a state: where a partition's log was not, or not all, what the state counted on.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "state/store.h"

namespace blockwatch {

/// `{"gaps":[…]}` by partition, the oldest first; what `blockwatch gaps list` and /api/v1/gaps answer.
std::string gaps_json(const Snapshot& snapshot);

/// One of them. Offsets and times that are not known are null.
nlohmann::ordered_json gap_json(const Gap& gap, const std::string& topic);

}  // namespace blockwatch
