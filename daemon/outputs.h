// The outputs of the running service, which a reload replaces all at once.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "config/settings.h"
#include "pipeline/output/deliverer.h"
#include "pipeline/telemetry.h"
#include "state/store.h"

namespace blockwatch {

/// Outputs that are made and do not run yet.
struct PreparedOutputs {
  std::vector<OutputSettings> settings;
  std::vector<std::unique_ptr<Deliverer>> deliverers;
};

/// Makes everything that can fail. Error: the first output that cannot be made, by its name.
Expected<PreparedOutputs> prepare_outputs(const Settings& settings, Store& store, Telemetry& telemetry);

/// Owned by the service's main thread; settings() from any. What it delivers from outlives it.
class Outputs {
 public:
  /// Stops what runs (each has until `deadline`), then starts these: a name never runs twice, and its cursor
  /// goes on where it stood.
  void replace(PreparedOutputs prepared, std::chrono::steady_clock::time_point deadline);
  void stop(std::chrono::steady_clock::time_point deadline);
  std::vector<OutputSettings> settings() const;

 private:
  std::vector<std::unique_ptr<Deliverer>> deliverers_;
  mutable std::mutex mutex_;
  std::vector<OutputSettings> settings_;  // guarded by mutex_
};

}  // namespace blockwatch
