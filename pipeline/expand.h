// One message -> one reach entry per jurisdiction (contract §3 "Observation").
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/domain.h"
#include "pipeline/event.h"
#include "pipeline/ruleset.h"

namespace blockwatch {

struct Reach {
  Jurisdiction jurisdiction = 0;
  Via via = Via::named;
  Outcome outcome = Outcome::unknown;
};

/// Reused from message to message.
struct Expansion {
  std::vector<Reach> reach;  // in order of jurisdiction; empty for a message that reaches none
  MessageKey key{};
  Class cls = Class::other;            // other if nothing is reached
  bool photo = false;                  // a mark on observations: never with class other
  std::uint32_t bad_destinations = 0;  // unusable entries
  std::uint32_t unknown_codes = 0;
  std::uint32_t stray_results = 0;
};

/// Returns bad_destination if no destination is usable.
std::optional<RejectReason> expand(const QueryEvent& event, const Ruleset& ruleset, Expansion& expansion);

/// Some destination is usable whatever the catalog: two characters of a code, or an ORI's nine. So expand()
/// returns no reason.
bool is_surely_usable(const QueryEvent& event);

}  // namespace blockwatch
