// Where counting goes on behind a gap: as configured, or as an operator decides on a halted partition. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "state/records.h"

namespace blockwatch {

inline constexpr std::size_t kGapNoteBytesMax = 512;

/// Counting went on behind it: what was counted is no longer in one piece.
constexpr bool divides(const Gap& gap) {
  return gap.state == GapState::continued || gap.state == GapState::accepted;
}

/// Counting goes on at `offset`; `state` says by whose decision.
void resume_behind(Gap& gap, PartitionProgress& progress, GapState state, std::uint64_t offset, TimeNs now);

/// `resume`: `start` or `end` of the log as it was found, or an offset; empty: where nothing is counted twice
/// or left out that can be had, if the gap says where that is. Moves the progress there; where offsets begin
/// anew, in a new epoch. Error 64: nothing waits for a decision, or it says no place.
Expected<void> accept_gap(Gap& gap, PartitionProgress& progress, std::string_view resume,
                          std::string_view note, TimeNs now);

}  // namespace blockwatch
