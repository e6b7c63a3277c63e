#include "base/end_process.h"

#include <cstdlib>

#include "base/log.h"

namespace blockwatch {

void end_process(const Error& error) {
  log::error("state_failed", error.message);
  std::_Exit(static_cast<int>(error.code));
}

}  // namespace blockwatch
