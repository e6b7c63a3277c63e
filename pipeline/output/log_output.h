// Output `log`: each notification as one structured line of the program's own log.
#pragma once

#include <memory>
#include <string>

#include "pipeline/ports.h"

namespace blockwatch {

std::unique_ptr<Output> make_log_output(std::string name);

}  // namespace blockwatch
