// Which field of a rejected record is at fault. Internal to query/.
#pragma once

#include <string>

#include "pipeline/parse.h"

namespace blockwatch::explain {

/// The first field for which the parser rejects an event that is faultless but for it, such as `origin.ori`
/// or `results[3]`; empty: there is none, the record is no JSON object, or it is laid out differently. Slow:
/// parses once a field.
std::string field_at_fault(const SourceRecord& record, Parser& parser);

}  // namespace blockwatch::explain
