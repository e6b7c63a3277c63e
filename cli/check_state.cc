#include "cli/check_state.h"

#include "query/fsck.h"
#include "state/store.h"

namespace blockwatch {

Expected<CheckedState> check_state(const std::string& dir) {
  const auto store = Store::open(dir, Store::Access::read);
  if (!store) return tl::unexpected(store.error());
  const auto checks = fsck(**store);
  if (!checks) return tl::unexpected(checks.error());
  CheckedState out;
  for (const Check& check : *checks) {
    if (check.wrong != 0)
      return fail(ExitCode::state_damaged, "the state contradicts itself in " +
                                               std::to_string(wrong_of(*checks)) + " places, first in " +
                                               check.name + " (" + check.described.front() +
                                               "); blockwatch fsck names them");
    out.compared += check.compared;
  }
  for (const PartitionProgress& p : (*store)->snapshot()->partitions()) out.records += p.consumed();
  return out;
}

}  // namespace blockwatch
