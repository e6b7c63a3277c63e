// Whether a report's span is complete and final: a pure decision from where every partition stands (contract
// §7).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "query/report.h"
#include "query/span.h"
#include "state/records.h"

namespace blockwatch {

struct Standing {
  bool complete = false;
  bool final = false;
  std::vector<std::string> reasons;  // why not, in words; by partition
};

/// What the decision looks at. `cube`: what the report reads. `evicted`: ids dropped early from a partition's
/// memory of duplicates within the span.
struct StandingInput {
  std::vector<PartitionProgress> partitions;
  std::map<std::uint32_t, std::uint64_t> evicted;
  Span span;
  TimeNs lateness = 0;
  LiveClocks live;
  TimeNs newest_elsewhere = kNoTime;  // of daemons that share the topic
  Cube cube = Cube::disclosures;
  std::vector<Gap> gaps{};
};

Standing judge_standing(const StandingInput& input);

/// The newest event of all partitions; kNoTime: none was counted.
TimeNs newest_event(const std::vector<PartitionProgress>& partitions);

/// `TOPIC/PARTITION`.
std::string partition_name(const PartitionProgress& partition);

}  // namespace blockwatch
