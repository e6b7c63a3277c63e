// What becomes of one event, and why: `blockwatch explain`.
//
// The data path's own parser, expansion and ruleset decide; the sentences are made of what they looked at. Of
// the event nothing is repeated but its ORI, its usable destination codes, the head of its message key, its
// class, channel, outcomes and time: all that is stored of a counted one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "pipeline/event.h"
#include "pipeline/parse.h"
#include "pipeline/ruleset.h"

#include <nlohmann/json_fwd.hpp>

namespace blockwatch {

struct ExplainInput {
  std::string_view payload;
  /// The reference of `future_time` and `before_retention`.
  TimeNs as_of = kNoTime;
  std::uint64_t record_bytes_max = 65536;  // the parser's
};

/// The ruleset in force at an event's time; what it returns outlives the call.
using RulesetAt = std::function<const Ruleset&(TimeNs)>;

/// `{"fate":"counted","why":…,"message":{…},"asker":{…},"destinations":[…],"jurisdictions":[…]}`, one line.
/// Of a reject `"field"` names the one at fault, where it is one field's. `parser`: as the data path has it.
std::string explain_json(const ExplainInput& input, Parser& parser, const RulesetAt& ruleset_at);

/// The same of an event that was parsed already.
nlohmann::ordered_json explain_event(const QueryEvent& event, const Ruleset& ruleset);

}  // namespace blockwatch
