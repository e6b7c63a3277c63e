// A run: sorted cells with their counts, as bytes. What a commit adds to one row of a cube, or several such
// merged (state/page.h).
//
// The bytes (primitives: state/bytes.h). A run says its kind; cells ascend in the kind's order, each once,
// each with a count of 1 or more. A code is split at bit 33 (state/cell.h): high = jurisdiction and agency,
// low = channel and the rest.
//
//   codes     := 0:u8 n:varint (head:varint [low:varint] [count - 2:varint])*n
//   minutes   := 1:u8 n:varint (head:varint [low:varint] minute:varint [count - 2:varint])*n
//   head      := value << 2 | (count > 1) << 1 | jump
//
// By code, then minute of the hour. Where a cell has the high of the one before, `jump` is 0 and value = low
// - low before. Else jump = 1, value = high - high before, and its low follows in full. `minute` is the
// difference to the one before if the code is the same, else in full. Before the first cell all are 0.
//
//   oris      := 2:u8 askers:varint (ori:varint agency:varint)*askers lows:varint (low:varint)*lows n:varint
//                (head:varint [jurisdiction:varint] low:varint [count - 2:varint])*n
//
// By jurisdiction, then ORI, then the rest of the code: ORIs are many and nearly all have one agency, so that
// a cell names its ORI and agency by their place in the list of askers (ascending by ORI, then agency; ORIs
// are differences, agencies in full), and its low by its place in the list of lows (ascending, differences).
// In head, value is the asker's place: the difference to the one before, or in full after a new jurisdiction
// (jump = 1), which is a difference itself. A usual cell takes two bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "state/bytes.h"
#include "state/cell.h"
#include "state/records.h"

namespace blockwatch {

enum class RunKind : std::uint8_t { codes = 0, minutes = 1, oris = 2 };
inline constexpr std::size_t kRunKindCount = 3;

constexpr RunKind kind_of(const RowKey& row) {
  if (row.cube == Cube::oris) return RunKind::oris;
  return row.granularity == Granularity::minute ? RunKind::minutes : RunKind::codes;
}

/// The order of cells in runs of a kind, which must hold for what is written.
inline bool precedes(RunKind kind, const Cell& a, const Cell& b) {
  if (kind == RunKind::oris && a.code >> kJurisdictionFrom == b.code >> kJurisdictionFrom)
    return a.detail != b.detail ? a.detail < b.detail : a.code < b.code;
  return a < b;
}

/// Writes a run, a cell after the other.
class RunWriter {
 public:
  explicit RunWriter(RunKind kind) : kind_(kind) {}

  /// Cells ascend, each comes once, and no count is 0. A cell of kind `codes` has no detail.
  void append(const CellCount& cell);
  /// The bytes; the writer is as new afterwards and keeps its memory.
  std::string finish();

 private:
  /// A cell of kind `oris`, until all askers and lows are known.
  struct Waiting {
    std::uint32_t jurisdiction = 0;
    std::uint32_t asker = 0, low = 0;  // in order of appearance
    std::uint64_t count = 0;
  };
  /// Distinct values by order of appearance, until they are sorted.
  struct Places {
    std::vector<std::uint64_t> values;
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> by_value;
    /// Before it: the place plus one of one of the values with a hash.
    std::vector<std::uint32_t> recent;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> sorted;  // with their place by appearance
    std::vector<std::uint32_t> ranks;                             // by place of appearance

    std::uint32_t place(std::uint64_t value);
    /// Fills `sorted` and `ranks`.
    void sort();
    void clear();
  };

  void append_by_code(const CellCount& cell);
  void append_by_ori(const CellCount& cell);
  void finish_by_ori();
  char* grow();

  RunKind kind_;
  // The buffer grows for a whole cell at a time, so that a byte costs no check.
  std::vector<char> body_;
  std::size_t size_ = 0;
  Cell last_;
  std::uint64_t cells_ = 0;
  std::vector<Waiting> waiting_;
  Places askers_, lows_;
};

/// Of sorted cells, each once, no count 0.
std::string encode_run(RunKind kind, const std::vector<CellCount>& cells);

/// Reads a run's cells in order. Borrows the bytes.
class RunReader {
 public:
  explicit RunReader(std::string_view bytes);
  RunKind kind() const { return kind_; }
  /// False at the end, and when the bytes are damaged.
  bool next();
  /// The next cells, as many as fit; none at the end, and where the bytes are damaged.
  std::span<CellCount> read(std::span<CellCount> room);
  const CellCount& cell() const { return cell_; }
  bool damaged() const { return in_.bad(); }

 private:
  struct Asker {
    std::uint64_t agency = 0;
    std::uint32_t ori = 0;
  };

  void read_lists();
  template <bool kMinutes>
  std::size_t read_by_code(std::span<CellCount> room);
  bool next_by_ori();

  ByteReader in_;
  RunKind kind_ = RunKind::codes;
  bool first_ = true;
  std::uint64_t left_ = 0;
  CellCount cell_;
  std::vector<Asker> askers_;
  std::vector<std::uint64_t> lows_;
  std::uint64_t jurisdiction_ = 0, asker_ = 0;
};

/// Where a run's cells are read to, piece by piece. A few KiB, so that they stay in a cache.
using Piece = std::array<CellCount, 256>;

/// Calls visit(bucket, cells) for the cells of a stored row, as pieces of one bucket each; false: the run is
/// damaged, or of another cube. `piece` is what it works in.
template <class Visit>
bool read_row(const RowKey& row, std::string_view run, Piece& piece, Visit&& visit) {
  RunReader reader(run);
  if (reader.damaged() || reader.kind() != kind_of(row)) return false;
  BucketKey bucket{row.partition, row.cube, row.granularity, row.number};
  for (;;) {
    const std::span<CellCount> cells = reader.read(piece);
    if (cells.empty()) return !reader.damaged();
    if (reader.kind() != RunKind::minutes) {
      visit(std::as_const(bucket), std::span<const CellCount>(cells));
      continue;
    }
    for (CellCount& c : cells) {
      bucket.number = row.number * kMinutesInRow + c.cell.detail;
      c.cell.detail = 0;
      visit(std::as_const(bucket), std::span<const CellCount>(&c, 1));
    }
  }
}

}  // namespace blockwatch
