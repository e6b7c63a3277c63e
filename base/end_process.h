// The end of the process where the store has failed and no result has room for the error: an answer from a
// damaged store would be a wrong count, and what could not be written is read again after a restart.
#pragma once

#include "base/error.h"

namespace blockwatch {

/// Logs and ends the process with the error's code, without destructors. Thread: any.
[[noreturn]] void end_process(const Error& error);

}  // namespace blockwatch
