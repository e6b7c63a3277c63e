// A page: the cells of one row (partition, cube, granularity, number), stored as one or more runs
// (state/run.h).
//
// All runs of a page are addends; a reader sums them. A commit adds its deltas as a new run, so it never
// waits for the whole page; runs of similar size are written as one in the same batch (`runs_to_merge`), so
// that a page stays a few rows and each cell is rewritten a logarithmic number of times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blockwatch {

/// No page ever has more runs than this.
inline constexpr std::size_t kRunsMax = 64;
/// So many runs of similar size become one. Fewer would rewrite a cell more often: a day's cells come in a
/// handful of commits while catching up, and in hundreds of thousands live.
inline constexpr std::size_t kRunsMerged = 8;
/// So many where what is written is smaller than kSmallRun bytes, as late events leave it in old rows: there
/// finding the runs costs more than writing them.
inline constexpr std::size_t kSmallRunsMerged = 32;
inline constexpr std::uint64_t kSmallRun = 512;

/// The cell-wise sum of runs of one kind as one; empty result: one of them is damaged, or of another kind.
std::optional<std::string> merge_runs(std::span<const std::string_view> runs);

/// `sizes`: bytes of a page's runs, oldest first, the last one being new and not written yet. How many of
/// the last ones to write as one (1 = only the new one). A run is similar that is less than 1.75 times what
/// is to be written; where kRunsMerged, or kSmallRunsMerged, come together they are merged, and what they
/// become may be similar to those before: runs of equal size combine like the digits of a counter to the base
/// kRunsMerged, and sizes fall geometrically. Beyond kRunsMax the smallest, which are the last, go together.
std::size_t runs_to_merge(std::span<const std::uint64_t> sizes);

}  // namespace blockwatch
