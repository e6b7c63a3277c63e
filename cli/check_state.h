// A copy of a state is used only once it was opened and checked.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace blockwatch {

struct CheckedState {
  std::uint64_t records = 0;   // consumed
  std::uint64_t compared = 0;  // by fsck
};

/// Opens the state directory to read, and runs fsck. Exit 65: it contradicts itself; the message says where
/// first.
Expected<CheckedState> check_state(const std::string& dir);

}  // namespace blockwatch
