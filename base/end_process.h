// The end of the process for readers whose results have no room for an error: an answer from a damaged store
// would be a wrong count.
#pragma once

#include "base/error.h"

namespace blockwatch {

/// Logs and ends the process with the error's code, without destructors. Thread: any.
[[noreturn]] void end_process(const Error& error);

}  // namespace blockwatch
