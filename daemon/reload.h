// Reload: reads all files again and swaps policy, catalog and outputs, whole or not at all.
//
// A bad file leaves everything as it is; its diagnostics are logged and the metric
// blockwatch_config_reload_success is 0 until a reload succeeds. Other settings wait for a restart: those
// that differ are named in the log.
#pragma once

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "config/load.h"
#include "daemon/outputs.h"
#include "pipeline/activations.h"
#include "pipeline/telemetry.h"
#include "state/store.h"

namespace blockwatch {

/// Owned by the service; every call from its main thread. What it takes by reference outlives it.
class Reload {
 public:
  /// `running`: what the service was started with.
  Reload(std::string path, const Configuration& running, Activations& activations, Outputs& outputs,
         Store& store, Telemetry& telemetry);

  /// True while the worker has not put an activation in force yet; asks for no other reload meanwhile.
  bool busy() const { return activation_.valid(); }
  /// Reads the files and hands policy and catalog over. Not while busy().
  void begin();
  /// Completes what begin() handed over, once the worker is done with it. Never waits for it.
  void go_on();

  /// Of the activation that a start found necessary: the same way as one of a reload.
  void offer(Activation activation, const Configuration& loaded);

 private:
  void refuse(const std::string& why);
  void complete();

  const std::string path_;
  Activations& activations_;
  Outputs& outputs_;
  Store& store_;
  Telemetry& telemetry_;
  std::vector<EffectiveSetting> settings_;      // in force
  std::string policy_digest_, catalog_digest_;  // in force
  std::string next_policy_digest_, next_catalog_digest_;
  std::optional<PreparedOutputs> next_outputs_;
  std::vector<EffectiveSetting> next_settings_;
  std::future<TimeNs> activation_;
};

}  // namespace blockwatch
