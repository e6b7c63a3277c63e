#include "daemon/versions.h"

#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace blockwatch {
namespace {

NewVersion policy_version(const Policy& policy) {
  return {VersionKind::policy, {kNoTime, policy.digest}, {policy.bytes}};
}
NewVersion catalog_version(const Catalog& catalog) {
  return {VersionKind::catalog, {kNoTime, catalog.digest}, {catalog.agencies_bytes, catalog.oris_bytes}};
}

std::shared_ptr<const Ruleset> compile(const Configuration& configuration) {
  return Ruleset::compile(std::make_shared<const Catalog>(configuration.catalog),
                          std::make_shared<const Policy>(configuration.policy));
}

RulesetHistory::ReadFiles reader_of(const Store& store) {
  return
      [&store](VersionKind kind, std::size_t index) { return store.snapshot()->version_files(kind, index); };
}

RulesetHistory stored_history(const Store& store, std::shared_ptr<const Ruleset> newest) {
  const auto snapshot = store.snapshot();
  return {snapshot->versions(VersionKind::policy), snapshot->versions(VersionKind::catalog), reader_of(store),
          std::move(newest)};
}

// Policies and catalogs are written together, so a state has both or none.
bool has_versions(const Store& store) {
  return !store.snapshot()->versions(VersionKind::policy).empty();
}

bool same(const std::vector<StoredVersion>& stored, const std::vector<RecordedVersion>& recorded) {
  if (stored.size() != recorded.size()) return false;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i].digest != recorded[i].digest || stored[i].activated_at != recorded[i].activated_at)
      return false;
  }
  return true;
}

}  // namespace

std::optional<Activation> changed_versions(const std::string& policy_digest,
                                           const std::string& catalog_digest, const Configuration& loaded) {
  Activation activation;
  if (loaded.catalog.digest != catalog_digest) activation.versions.push_back(catalog_version(loaded.catalog));
  if (loaded.policy.digest != policy_digest) activation.versions.push_back(policy_version(loaded.policy));
  if (activation.versions.empty()) return std::nullopt;
  activation.ruleset = compile(loaded);
  return activation;
}

Expected<AdoptedVersions> adopt_versions(Store& store, const Configuration& configuration) {
  if (!has_versions(store)) {
    CommitBatch batch;
    batch.new_versions = {catalog_version(configuration.catalog), policy_version(configuration.policy)};
    if (auto done = store.commit(batch); !done) return tl::unexpected(done.error());
  }
  const auto snapshot = store.snapshot();
  auto next = changed_versions(snapshot->versions(VersionKind::policy).back().digest,
                               snapshot->versions(VersionKind::catalog).back().digest, configuration);
  auto newest = next ? nullptr : compile(configuration);
  return AdoptedVersions{stored_history(store, std::move(newest)), std::move(next)};
}

Expected<RulesetHistory> adopt_history(Store& store, const PolicyHistory& history) {
  if (!has_versions(store)) {
    CommitBatch batch;
    for (const RecordedVersion& v : history.catalogs)
      batch.new_versions.push_back({VersionKind::catalog, {v.activated_at, v.digest}, v.files});
    for (const RecordedVersion& v : history.policies)
      batch.new_versions.push_back({VersionKind::policy, {v.activated_at, v.digest}, v.files});
    if (auto done = store.commit(batch); !done) return tl::unexpected(done.error());
  }
  const auto snapshot = store.snapshot();
  if (!same(snapshot->versions(VersionKind::policy), history.policies) ||
      !same(snapshot->versions(VersionKind::catalog), history.catalogs)) {
    return fail(
        ExitCode::bad_config,
        fmt::format("this state was counted under {} policies and {} catalogs that are not those of the "
                    "history ({} and {}): name an empty state.dir, or `blockwatch policy log` shows "
                    "what this one holds",
                    snapshot->versions(VersionKind::policy).size(),
                    snapshot->versions(VersionKind::catalog).size(), history.policies.size(),
                    history.catalogs.size()));
  }
  return stored_history(store, nullptr);
}

}  // namespace blockwatch
