// What a state must hold whatever happened, judged here, and everything that the oracle judges, printed.
#pragma once

#include "state/store.h"
#include "tests/simulation/process.h"

namespace blockwatch::simulation {

/// After a start: what was reported as durable is there, and nothing was delivered that is not in the log.
/// Reports faults.
void check_state(const Store& store, const Stage& stage);

/// After a drain: every notification was accepted by each output, or is recorded as suppressed there.
void check_drained(const Store& store, const Stage& stage);

/// One line of JSON to standard output, without its end: everything between the braces that stands in the
/// state.
void print_state(const Store& store, const Stage& stage);

}  // namespace blockwatch::simulation
