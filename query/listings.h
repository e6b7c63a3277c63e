// Completeness and incidents as the contract's JSON: what HTTP returns is what the command line prints with
// --format json.
#pragma once

#include <string>
#include <vector>

#include "query/report.h"
#include "state/store.h"

namespace blockwatch {

AsOf as_of(const Snapshot& snapshot);

/// `{"partitions":[…]}` (contract §7 `blockwatch completeness`).
std::string completeness_json(const Snapshot& snapshot);

struct IncidentFilter {
  std::string day{}, kind{}, policy{}, jurisdiction{}, agency{};  // empty: any
  /// An id or its first characters. Then each notification also says what became of it at each output:
  /// `"outputs":[{"output":…,"result":"delivered|suppressed|pending","reason":"stale"}]`, the reason with
  /// suppressed only.
  std::string incident{};
};

/// `{"as_of":…,"incidents":[…]}`, sorted by day, kind, policy, jurisdiction, agency.
std::string incidents_json(const Snapshot& snapshot, const IncidentFilter& filter);

}  // namespace blockwatch
