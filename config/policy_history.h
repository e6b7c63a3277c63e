// A recorded history of policies and catalogs in a folder: what `policy export` writes and
// `replay --policy-history` judges by.
//
//   history.json  {"policies": [{"file": "policy-0.toml"}, {"file": "policy-1.toml", "activated_at": TIME}],
//                  "catalogs": [{"agencies": "agencies-0.toml", "oris": "oris-0.csv"}]}
//
// Files are inside the folder. The first of each list holds for all time and has no `activated_at`; the
// others hold from theirs on: RFC 3339, full minutes, rising. A list that is absent is the configured file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "config/diagnostic.h"
#include "config/load.h"

namespace blockwatch {

struct RecordedVersion {
  TimeNs activated_at = kNoTime;
  std::string digest;
  std::vector<std::string> files;  // policy: one; catalog: agencies, oris
};

struct PolicyHistory {
  std::vector<RecordedVersion> policies;
  std::vector<RecordedVersion> catalogs;
};

inline constexpr const char* kHistoryFile = "history.json";

/// Checks every file, and every policy under every catalog that ever holds with it. nullopt if anything was
/// added to `diagnostics`.
std::optional<PolicyHistory> read_policy_history(const std::string& folder, const Configuration& configured,
                                                 Diagnostics& diagnostics);

}  // namespace blockwatch
