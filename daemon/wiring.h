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
#include "config/policy_history.h"
#include "pipeline/telemetry.h"
#include "pipeline/worker.h"
#include "state/store.h"

namespace blockwatch {

struct ReplayOptions {
  std::vector<std::string> inputs;  // empty: the configured source
  std::optional<TimeNs> as_of;      // of files; kept in the state
  bool deliver = false;
  std::optional<PolicyHistory> history;  // judges by this instead of the configured files
  /// Called about ten times a second while running: records committed, share done 0-1 (negative: not known).
  std::function<void(std::uint64_t records, double share)> progress;
};

/// Batch: the input to its end, everything committed and closed, then returns.
Expected<void> run_replay(const Configuration& configuration, const ReplayOptions& options,
                          const std::atomic<bool>& stop);

/// What others tell the service while it runs.
struct ServiceSignals {
  const std::atomic<bool>& stop;
  /// Set: read all files again. The service clears it when it does.
  std::atomic<bool>& reload;
};

/// The service: until `stop`; serves HTTP, feeds systemd. Returns within 10 s of `stop`; what an output has
/// not taken by then stays in the log. `path`: of the configuration, for reloads. `on_ready` is called once
/// everything runs.
Expected<void> run_service(const Configuration& configuration, const std::string& path,
                           ServiceSignals signals, const std::function<void()>& on_ready);

}  // namespace blockwatch
