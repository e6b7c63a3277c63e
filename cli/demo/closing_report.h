// What the demo says at its end: who was blocked where, what was given all the same, and that nothing is
// missing.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/time.h"
#include "cli/table.h"

namespace blockwatch {

/// Reads the state that the service has left; `from` and `to` are whole UTC days, `sent`
/// records were written to the topic.
Expected<std::string> closing_report(const std::string& state_dir, TimeNs from, TimeNs to, std::uint64_t sent,
                                     TextStyle style);

}  // namespace blockwatch
