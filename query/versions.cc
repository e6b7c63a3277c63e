#include "query/versions.h"

#include "query/json.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

ordered_json list(const Snapshot& snapshot, VersionKind kind, bool with_files) {
  const auto versions = snapshot.versions(kind);
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const TimeNs from = versions[i].activated_at;
    ordered_json version{{"activated_at", time_or_null(from)},
                         {"digest", versions[i].digest},
                         {"superseded", i + 1 < versions.size() && versions[i + 1].activated_at == from}};
    if (with_files) version["files"] = snapshot.version_files(kind, i);
    out.push_back(std::move(version));
  }
  return out;
}

}  // namespace

std::string versions_json(const Snapshot& snapshot, bool with_files) {
  return dump_json({{"policies", list(snapshot, VersionKind::policy, with_files)},
                    {"catalogs", list(snapshot, VersionKind::catalog, with_files)}});
}

}  // namespace blockwatch
