// One report over several daemons that share a topic by fixed partition ranges (contract §7): each counts its
// own partitions, so that everything additive is summed. What would make the sum a lie is refused, by name.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "query/report.h"

namespace blockwatch {

/// What one daemon answered. `name` is its URL, for refusals.
template <class Answer>
struct Named {
  std::string name;
  Answer answer;
};

/// The JSON of to_json, read back. Error 75: it is none.
Expected<Report> report_from_json(const std::string& text);

/// `--last` as one span for all of them, so that no daemon ends with its own newest event: `newest` is the
/// newest of all, which also decides what complete means. Error 64 as for a single report.
Expected<ReportRequest> with_common_span(ReportRequest request, TimeNs newest);

/// At least one part. Rows, totals and roll-ups are sums; complete and final hold if they hold for all; gaps
/// are united. A partition number that none of them has read makes the sum incomplete. Error 64: two daemons
/// count the same partition, or differ in topic, span, zone, words, policy or catalog.
Expected<Report> sum_reports(std::vector<Named<Report>> parts);

/// The JSON of several completeness_json as one, by topic and partition. Error 64: two daemons count the same
/// partition; 75: an answer is no such JSON.
Expected<std::string> sum_completeness(const std::vector<Named<std::string>>& parts);

}  // namespace blockwatch
