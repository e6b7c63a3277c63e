#include "pipeline/code_counts.h"

#include <algorithm>
#include <vector>

#include "state/run.h"

namespace blockwatch {

std::string run_of(const CodeCounts& counts) {
  std::vector<CellCount> run;
  run.reserve(counts.size());
  for (const auto& [code, count] : counts) run.push_back({{code, 0}, count});
  std::sort(run.begin(), run.end(), [](const CellCount& a, const CellCount& b) { return a.cell < b.cell; });
  return encode_run(RunKind::codes, run);
}

}  // namespace blockwatch
