// Commands that write a state's files must run as the user whose daemon opens them afterwards.
#pragma once

#include <string>

#include "base/error.h"

namespace blockwatch {

/// Exit 64, with the words to run instead, if the directory belongs to another user. `command`: "gaps
/// accept".
Expected<void> check_is_owner(const std::string& dir, const std::string& command);

}  // namespace blockwatch
