// The rows of a report from its sums: their labels as text, and their order. Internal to query/.
#pragma once

#include <string>
#include <vector>

#include "query/report.h"
#include "query/summing.h"
#include "query/words.h"

namespace blockwatch {

/// The texts of dictionary ids.
struct Names {
  std::vector<std::string> agencies, channels, oris;
};

/// Fills rows, their figures, labels and totals. Rows ascend by their labels. The sums give their figures
/// away.
void fill_rows(Report& report, Summing& sums, const ReportWords& words, const Names& names);

}  // namespace blockwatch
