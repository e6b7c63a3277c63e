// The observations of a commit in the making, 16 bytes each, and the runs of cubes `disclosures` and `oris`
// that they become: one sort by code, then stable passes by what each kind of run is ordered by, so that
// every run falls out of the same words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/prefetch.h"
#include "base/time.h"
#include "pipeline/month_sums.h"
#include "pipeline/radix_sort.h"
#include "state/records.h"
#include "state/run.h"

namespace blockwatch {

/// Owned by the Applier; the worker's thread. Keeps its memory from commit to commit.
class ObservationBuffer {
 public:
  /// `code`: of a DisclosureCell; `ori`: as in a Cell of cube `oris`; `in_minutes`: whether the minute's
  /// bucket is kept.
  void add(std::uint32_t partition, TimeNs time, bool in_minutes, Cell cell) {
    if (recent_ == nullptr || partition != recent_partition_) use(partition);
    const Minute minute{bucket_of(time, kMinute), in_minutes};
    if (recent_->rows.empty() || minute != recent_->minute) recent_->use(minute);
    recent_->rows.push_back({cell.code, cell.detail, recent_->slot});
    prefetch_line_to_write(recent_->rows.data() + recent_->rows.size() + kRowsAhead);
  }

  /// Adds encoded runs; the buffer is empty afterwards.
  void take(std::map<RowKey, std::string>& runs);

  struct Size {
    std::uint64_t observations = 0;
    std::uint64_t minutes = 0;  // of a partition
  };
  Size size() const;
  /// Of an empty buffer: gives its memory back if it keeps more than `bytes_max`. It does where partitions
  /// come one after the other, and each has had its large commit.
  void trim(std::uint64_t bytes_max);

  struct Row {
    std::uint64_t code = 0;
    std::uint32_t ori = 0;
    std::uint32_t slot = 0;  // of its minute
  };
  struct Minute {
    std::int64_t number = 0;
    bool kept = false;
    friend auto operator<=>(const Minute&, const Minute&) = default;
  };
  using RunWriters = std::array<RunWriter, kRunKindCount>;  // by RunKind

 private:
  // The committer had the lines last.
  static constexpr std::size_t kRowsAhead = 32;

  struct Part {
    std::vector<Row> rows;
    std::vector<Minute> minutes;  // by slot, in order of first use
    boost::unordered_flat_map<std::int64_t, std::uint32_t> slots;
    // Event time mostly advances, so the minute of the last observation is the next one's too.
    Minute minute;
    std::uint32_t slot = 0;

    void use(Minute next);
    void clear();
  };

  void use(std::uint32_t partition);

  std::map<std::uint32_t, Part> parts_;
  std::uint32_t recent_partition_ = 0;
  Part* recent_ = nullptr;
  SortMemory<std::uint64_t> narrow_;
  SortMemory<unsigned __int128> wide_;
  MonthSums months_;
  RunWriters writers_{RunWriter(RunKind::codes), RunWriter(RunKind::minutes), RunWriter(RunKind::oris)};
};

}  // namespace blockwatch
