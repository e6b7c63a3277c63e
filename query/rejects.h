// The rejects of a state (contract §7): position, reason, length, keyed hash; never a payload.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/error.h"
#include "state/store.h"

namespace blockwatch {

/// The words of `blockwatch rejects`, not yet checked; empty: any.
struct RejectWords {
  std::string reason{}, partition{};
  std::string after{};  // only those after this "PARTITION/OFFSET[@EPOCH]"
};

inline constexpr std::size_t kRejectsPageMax = 1000;

/// `{"rejects":[…]}` by topic, partition, offset. With `max` at most as many, and where more follow
/// `"next":"PARTITION/OFFSET"`, which is the `after` of the next page. Error 64: an unknown reason, no
/// number.
Expected<std::string> rejects_json(const Snapshot& snapshot, const RejectWords& words,
                                   std::optional<std::size_t> max = std::nullopt);

}  // namespace blockwatch
