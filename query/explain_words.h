// The sentences of an explanation. Internal to query/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain.h"
#include "base/time.h"
#include "config/catalog.h"
#include "pipeline/expand.h"
#include "pipeline/ruleset.h"
#include "pipeline/ruleset_why.h"

namespace blockwatch::explain {

/// Why a record is a reject; repeats nothing of it.
std::string why_rejected(RejectReason reason, std::string_view payload, TimeNs as_of,
                         std::uint64_t record_bytes_max);

std::string why(const AskerStep& step, const Ruleset& ruleset);
std::string why(const LookAlike& one, const Ruleset& ruleset);
/// Why `inactive_ori` is raised; `row`: the one valid at the event's time, if any.
std::string why_inactive(const OriRow* row);

/// Why a policy says what it says of an observation.
std::string why_matched(const PolicyFinding& finding, const JudgedFacts& facts, const Ruleset& ruleset);
/// Each reason why a policy says nothing of it; never empty.
std::vector<std::string> why_not_matched(const PolicyFinding& finding, const JudgedFacts& facts,
                                         const Ruleset& ruleset);
std::string why_not_excepted(const PolicyException& exception, ExceptionMiss miss, const Catalog& catalog);

}  // namespace blockwatch::explain
