#include "state/page.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "state/run.h"

namespace blockwatch {
std::optional<std::string> merge_runs(std::span<const std::string_view> runs) {
  BW_CHECK(!runs.empty());
  std::vector<RunReader> live(runs.begin(), runs.end());
  const RunKind kind = live.front().kind();
  for (auto run = live.begin(); run != live.end();) {
    if (run->damaged() || run->kind() != kind) return std::nullopt;
    if (run->next()) {
      ++run;
      continue;
    }
    if (run->damaged()) return std::nullopt;
    run = live.erase(run);
  }
  RunWriter out(kind);
  while (!live.empty()) {
    CellCount sum{live.front().cell().cell, 0};
    for (const RunReader& run : live)
      if (precedes(kind, run.cell().cell, sum.cell)) sum.cell = run.cell().cell;
    for (std::size_t i = 0; i < live.size();) {
      RunReader& run = live[i];
      if (run.cell().cell == sum.cell) {
        sum.count += run.cell().count;
        if (!run.next()) {
          if (run.damaged()) return std::nullopt;
          live.erase(live.begin() + static_cast<std::ptrdiff_t>(i));
          continue;
        }
      }
      ++i;
    }
    out.append(sum);
  }
  return out.finish();
}

std::size_t runs_to_merge(std::span<const std::uint64_t> sizes) {
  BW_CHECK(!sizes.empty());
  std::size_t n = 1;
  std::uint64_t total = sizes.back();
  while (n < sizes.size()) {
    const std::uint64_t similar_below = total + total / 2 + total / 4;
    std::size_t similar = 0;
    while (n + similar < sizes.size() && sizes[sizes.size() - n - similar - 1] < similar_below) ++similar;
    const bool too_many = sizes.size() - n + 1 > kRunsMax;
    const std::size_t enough = total < kSmallRun ? kSmallRunsMerged : kRunsMerged;
    if (similar + 1 < enough && !too_many) break;
    for (const std::size_t end = n + std::max<std::size_t>(similar, 1); n < end; ++n)
      total += sizes[sizes.size() - n - 1];
  }
  return n;
}

}  // namespace blockwatch
