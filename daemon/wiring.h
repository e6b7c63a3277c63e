// The one file that names concrete types: puts store, source, worker, outputs together, for the daemon and
// for `replay`.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/load.h"
#include "pipeline/telemetry.h"
#include "pipeline/worker.h"
#include "state/store.h"

namespace blockwatch {

/// The policy and catalog of `configuration` as the state knows them: stored by an empty state, required to
/// be the same by any other (this version does not switch versions on a state). Error 78 otherwise, with the
/// digests.
Expected<void> adopt_versions(Store& store, const Configuration& configuration);

struct ReplayOptions {
  std::vector<std::string> inputs;  // empty: the configured source
  std::optional<TimeNs> as_of;      // of files; kept in the state
  bool deliver = false;
  /// Called about ten times a second while running: records committed, share done 0-1 (negative: not known).
  std::function<void(std::uint64_t records, double share)> progress;
};

/// Batch: the input to its end, everything committed and closed, then returns.
Expected<void> run_replay(const Configuration& configuration, const ReplayOptions& options,
                          const std::atomic<bool>& stop);

/// The service: until `stop`; serves HTTP, feeds systemd. Returns within 10 s of `stop`; what an output has
/// not taken by then stays in the log. `on_ready` is called once everything runs.
Expected<void> run_service(const Configuration& configuration, const std::atomic<bool>& stop,
                           const std::function<void()>& on_ready);

}  // namespace blockwatch
