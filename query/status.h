// Where a state and its daemon stand, and what needs attention first: `blockwatch status`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "state/store.h"

namespace blockwatch {

/// What only the running daemon knows. Of a state that no daemon holds nothing is.
struct LiveStatus {
  std::string phase;  // starting, running, stopping
  TimeNs started_at = kNoTime;
  TimeNs last_commit = kNoTime;  // wall clock; kNoTime: none in this run
  TimeNs last_poll = kNoTime;    // wall clock of the last poll of the source that came back
  std::uint64_t records = 0;     // committed in this run
  bool at_end = false;
  std::optional<SpaceWait> waits_for_space;  // none: it does not wait
  bool reload_refused = false;               // the files on the disk are not what is in force
  /// Records of a partition that are not read yet; none: not known.
  std::function<std::optional<std::uint64_t>(const PartitionProgress&)> lag_of;
  /// How long nothing has come from a partition whose log goes on; 0: it is not silent.
  std::function<std::chrono::seconds(const PartitionProgress&)> silent_for;
  /// It has far fewer messages than usual at this hour of the week.
  std::function<bool(const PartitionProgress&)> is_quiet;
  /// Its lag has grown each minute for ten minutes.
  std::function<bool(const PartitionProgress&)> lag_grows;
  std::vector<std::string> outputs;  // names
};

struct StatusInput {
  TimeNs now = kNoTime;  // wall clock
  std::string state_dir;
  std::optional<std::uint64_t> disk_free_bytes;
  std::optional<LiveStatus> live;
};

/// `{"instance":…,"version":…,"attention":[…],"state":…,"partitions":[…],…}`: what /api/v1/status returns.
/// What is not known is null. `attention`: sentences, the most urgent first; empty: all is well.
std::string status_json(const Store& store, const StatusInput& input);

}  // namespace blockwatch
