// A gap in words: the same in the log, in reports and in listings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "state/records.h"

namespace blockwatch {

/// "offsets 1000 to 2499 were deleted …; halted until an operator decides".
std::string sentence_of(const Gap& gap);

/// Records that are known to be missing; none: nobody can know how many.
std::optional<std::uint64_t> missing_of(const Gap& gap);

}  // namespace blockwatch
