// A page: the cells of one bucket (partition, cube, granularity, bucket number), stored as one or more runs.
//
// All runs of a bucket are addends; a reader sums them. A commit adds its deltas as a new run, so it never
// waits for the whole page; runs of similar size are written as one in the same batch (`runs_to_merge`), so
// that a page stays a few rows and each cell is rewritten a logarithmic number of times.
//
// The bytes of a run (primitives: state/bytes.h). Cells ascend by (code, ori), each once, each with a count
// of 1 or more.
//
//   run   := has_ori:u8 n:varint cell*n            has_ori: 1 if any cell has an ori (cube `oris`), else 0
//   cell  := head:varint [low:varint] [ori:varint] [count - 2:varint]
//   head  := value << 2 | (count > 1) << 1 | jump
//
// A code is split at bit 33 (state/cell.h): high = jurisdiction and agency, low = channel and the rest.
// Within a group of equal high, where a cell differs from the one before by little, `jump` is 0 and value =
// low - low before. A new group has jump = 1, value = high - high before, and then its low in full. `ori` (if
// has_ori) is the difference to the one before if the code is the same, else in full. Before the first cell,
// code and ori are 0. The last field is there only if count > 1. So a usual cell of `oris` is 4 to 5 bytes:
// two for the code, two or three for the ORI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "state/bytes.h"
#include "state/records.h"

namespace blockwatch {

/// No bucket ever has more runs than this.
inline constexpr std::size_t kRunsMax = 24;
/// So many runs of similar size become one. Fewer would rewrite a cell more often: a day's cells come in a
/// handful of commits while catching up.
inline constexpr std::size_t kRunsMerged = 4;

/// Writes a run, a cell after the other. The buffer grows for a whole cell at a time, so that a byte costs no
/// check.
class RunWriter {
 public:
  /// `bytes_expected`: a guess.
  RunWriter(bool has_ori, std::size_t bytes_expected) : has_ori_(has_ori), body_(bytes_expected + kCellMax) {}

  /// Cells ascend, each comes once, and no count is 0.
  void append(const CellCount& cell);
  /// The bytes; the writer is as new afterwards and keeps its memory.
  std::string finish();

 private:
  static constexpr std::size_t kCellMax = 4 * kVarintMax;  // bytes

  bool has_ori_;
  std::vector<char> body_;
  std::size_t size_ = 0;
  Cell last_;
  std::uint64_t cells_ = 0;
};

/// Of sorted cells, each once, no count 0.
std::string encode_run(const std::vector<CellCount>& cells);

/// Reads a run's cells in order. Borrows the bytes.
class RunReader {
 public:
  explicit RunReader(std::string_view bytes);
  /// False at the end, and when the bytes are damaged.
  bool next();
  const CellCount& cell() const { return cell_; }
  bool damaged() const { return in_.bad(); }

 private:
  ByteReader in_;
  bool has_ori_ = false;
  bool first_ = true;
  std::uint64_t left_ = 0;
  CellCount cell_;
};

/// The cell-wise sum of runs as one; empty result: one of them is damaged.
std::optional<std::string> merge_runs(std::span<const std::string_view> runs);

/// `sizes`: bytes of a bucket's runs, oldest first, the last one being new and not written yet. How many of
/// the last ones to write as one (1 = only the new one). A run is similar that is less than 1.75 times what
/// is to be written; where kRunsMerged come together they are merged, and what they become may be similar to
/// those before: runs of equal size combine like the digits of a counter to the base 4, and sizes fall
/// geometrically. Beyond kRunsMax the smallest, which are the last, go together.
std::size_t runs_to_merge(std::span<const std::uint64_t> sizes);

}  // namespace blockwatch
