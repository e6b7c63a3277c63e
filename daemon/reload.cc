#include "daemon/reload.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "daemon/versions.h"

namespace blockwatch {
namespace {

using std::chrono::steady_clock;

// What the outputs of before may take to finish the delivery that runs.
constexpr std::chrono::seconds kOutputDeadline{5};

bool is_output(std::string_view key) {
  return key.substr(0, 7) == "output.";
}
bool is_reloaded(std::string_view key) {
  return is_output(key) || key.substr(0, 7) == "policy." || key.substr(0, 8) == "catalog.";
}

/// Keys whose values differ, sorted.
std::vector<std::string> changed_keys(const std::vector<EffectiveSetting>& before,
                                      const std::vector<EffectiveSetting>& after) {
  std::map<std::string, std::string> values;
  for (const EffectiveSetting& s : before) values[s.key] = s.value;
  std::vector<std::string> changed;
  for (const EffectiveSetting& s : after) {
    const auto found = values.find(s.key);
    if (found == values.end() || found->second != s.value) changed.push_back(s.key);
    if (found != values.end()) values.erase(found);
  }
  for (const auto& [key, value] : values) changed.push_back(key);
  std::sort(changed.begin(), changed.end());
  return changed;
}

}  // namespace

Reload::Reload(std::string path, const Configuration& running, Activations& activations, Outputs& outputs,
               Store& store, Telemetry& telemetry)
    : path_(std::move(path)),
      activations_(activations),
      outputs_(outputs),
      store_(store),
      telemetry_(telemetry),
      settings_(running.loaded.effective),
      policy_digest_(running.policy.digest),
      catalog_digest_(running.catalog.digest) {}

void Reload::refuse(const std::string& why) {
  log::error("reload_refused", "everything stays as it was: " + why, {{"config", path_}});
  telemetry_.reloaded(false);
}

void Reload::begin() {
  Diagnostics diagnostics;
  const auto loaded = load_configuration(path_, diagnostics);
  if (!loaded) {
    for (const Diagnostic& d : diagnostics.all()) log::error("bad_configuration", to_text(d));
    return refuse(std::to_string(diagnostics.size()) + " fault(s) in the files");
  }
  const auto changed = changed_keys(settings_, loaded->loaded.effective);
  if (std::any_of(changed.begin(), changed.end(), is_output)) {
    auto prepared = prepare_outputs(loaded->settings(), store_, telemetry_);
    if (!prepared) return refuse(prepared.error().message);
    next_outputs_ = std::move(*prepared);
  }
  next_settings_ = loaded->loaded.effective;
  for (const std::string& key : changed) {
    if (!is_reloaded(key))
      log::warning("restart_needed", "this setting is taken at a restart only", {{"key", key}});
  }
  if (auto activation = changed_versions(policy_digest_, catalog_digest_, *loaded))
    return offer(std::move(*activation), *loaded);
  complete();
}

void Reload::offer(Activation activation, const Configuration& loaded) {
  next_policy_digest_ = loaded.policy.digest;
  next_catalog_digest_ = loaded.catalog.digest;
  activation_ = activations_.offer(std::move(activation));
}

void Reload::go_on() {
  if (!busy() || activation_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  const TimeNs from = activation_.get();
  policy_digest_ = next_policy_digest_;
  catalog_digest_ = next_catalog_digest_;
  log::info("activated", "events from this time on are judged by these versions",
            {{"activated_at", format_time(from)}, {"policy", policy_digest_}, {"catalog", catalog_digest_}});
  complete();
}

void Reload::complete() {
  if (next_outputs_) {
    outputs_.replace(std::move(*next_outputs_), steady_clock::now() + kOutputDeadline);
    next_outputs_.reset();
  }
  if (!next_settings_.empty()) {
    // What waits for a restart is still what it was.
    std::erase_if(settings_, [](const EffectiveSetting& s) { return is_reloaded(s.key); });
    std::copy_if(next_settings_.begin(), next_settings_.end(), std::back_inserter(settings_),
                 [](const EffectiveSetting& s) { return is_reloaded(s.key); });
    next_settings_.clear();
    log::info("reloaded", "policy, catalog and outputs are those of the files",
              {{"config", path_}, {"policy", policy_digest_}, {"catalog", catalog_digest_}});
  }
  telemetry_.reloaded(true);
}

}  // namespace blockwatch
