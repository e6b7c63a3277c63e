#include "daemon/outputs.h"

#include <utility>

#include "daemon/parts.h"

namespace blockwatch {

Expected<PreparedOutputs> prepare_outputs(const Settings& settings, Store& store, Telemetry& telemetry) {
  auto deliverers = make_deliverers(settings, store, telemetry);
  if (!deliverers) return tl::unexpected(deliverers.error());
  return PreparedOutputs{settings.outputs, std::move(*deliverers)};
}

void Outputs::replace(PreparedOutputs prepared, std::chrono::steady_clock::time_point deadline) {
  stop(deadline);
  deliverers_ = std::move(prepared.deliverers);
  {
    const std::lock_guard held(mutex_);
    settings_ = std::move(prepared.settings);
  }
  for (const auto& deliverer : deliverers_) deliverer->start();
}

void Outputs::stop(std::chrono::steady_clock::time_point deadline) {
  for (const auto& deliverer : deliverers_) deliverer->stop(deadline);
  deliverers_.clear();
}

std::vector<OutputSettings> Outputs::settings() const {
  const std::lock_guard held(mutex_);
  return settings_;
}

}  // namespace blockwatch
