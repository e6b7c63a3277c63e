// Sums the cells of a report's buckets into rows. Internal to query/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "base/error.h"
#include "query/figures.h"
#include "query/span.h"
#include "query/words.h"
#include "query/zone.h"
#include "state/store.h"

namespace blockwatch {

/// A row before it has text: the asked bits of the packed cell, the ORI, and the local day or month.
struct Group {
  std::uint64_t code = 0;
  std::int64_t time = 0;
  std::uint32_t ori = 0;
  friend bool operator==(const Group&, const Group&) = default;
};

/// What a report asks for. Borrows words and zone.
struct Selection {
  const ReportWords& words;
  const Zone& zone;
  std::vector<bool> kept_agencies;  // by id
  bool per_agency = false;          // their sums are wanted as well
};

/// Borrows the selection. Thread: one.
class Summing {
 public:
  explicit Summing(const Selection& selection);
  Summing(const Summing&) = delete;
  Summing& operator=(const Summing&) = delete;

  void add(const Snapshot& snapshot, const BucketRange& range);
  /// Of the same selection.
  void add(const Summing& other);

  /// What tells rows apart, and in the same order their figures.
  const std::vector<Group>& keys() const { return keys_; }
  FiguresList take_figures() { return std::move(figures_); }
  /// By id; empty if not wanted.
  const std::vector<Figures>& per_agency() const { return per_agency_; }
  /// The first midnight inside a bucket that was added, where no edge was looked for.
  std::optional<TimeNs> split_day() const { return split_day_; }

 private:
  /// Rows by their places, so that the table of them stays small.
  struct PlaceHash {
    using is_avalanching = void;
    using is_transparent = void;
    const std::vector<Group>* keys;
    std::size_t operator()(const Group& key) const;
    std::size_t operator()(std::uint32_t place) const { return (*this)((*keys)[place]); }
  };
  struct PlaceEqual {
    using is_transparent = void;
    const std::vector<Group>* keys;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(const Group& key, std::uint32_t place) const { return (*keys)[place] == key; }
    bool operator()(std::uint32_t place, const Group& key) const { return (*this)(key, place); }
  };

  void enter(const BucketKey& bucket);
  void take_message(const CellCount& cell);
  void take_disclosure(const CellCount& cell);
  /// Whether a cell counts; sets row_ and agency_ to where it does.
  bool finds(const Cell& cell);
  void find(const Cell& cell);
  Figures& row_of(const Group& key);
  std::int64_t local_time(TimeNs begin, TimeNs end);
  void note_split(TimeNs midnight);

  const Selection& selection_;
  const Zone zone_;  // of its own: it remembers what it was asked last
  std::vector<Figures> per_agency_;
  std::uint64_t row_mask_, told_apart_;
  bool by_ori_;
  std::vector<Group> keys_;
  FiguresList figures_;
  boost::unordered_flat_set<std::uint32_t, PlaceHash, PlaceEqual> places_;
  std::uint32_t recent_ = 0;
  std::optional<TimeNs> split_day_;

  // ---- of the bucket that is being read
  std::int64_t time_ = 0;
  std::optional<Cell> last_;  // what told the cell before apart
  Figures* row_ = nullptr;    // where it counts; null: it was left out
  Figures* agency_ = nullptr;
};

/// Adds all ranges to `sums`, which are of that selection, on a few threads. Error 64: a day of the zone
/// begins inside a bucket.
Expected<void> sum_up(const Snapshot& snapshot, const Selection& selection,
                      const std::vector<BucketRange>& ranges, const Tiling& tiling, Summing& sums);

}  // namespace blockwatch
