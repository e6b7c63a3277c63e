// The counts of a commit in the making that have few cells (cubes `messages` and `quality`): a hash map an
// hour, from which the runs of hours and days are made when the batch is taken.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"
#include "pipeline/code_counts.h"
#include "state/records.h"

namespace blockwatch {

/// Owned by the Applier; the worker's thread.
class CellBuffer {
 public:
  /// Of a cell without ORI.
  void add(std::uint32_t partition, Cube cube, TimeNs time, std::uint64_t code, std::uint64_t count = 1) {
    if (count == 0) return;
    const Hour hour{partition, cube, bucket_of(time, kHour)};
    if (recent_ == nullptr || hour != recent_hour_) {
      recent_ = &hours_[hour];
      recent_hour_ = hour;
    }
    (*recent_)[code] += count;
  }

  /// Of a partition and cube.
  std::size_t hours() const { return hours_.size(); }

  /// Adds encoded runs; the buffer is empty afterwards.
  void take(std::map<RowKey, std::string>& runs);

 private:
  struct Hour {
    std::uint32_t partition = 0;
    Cube cube = Cube::messages;
    std::int64_t number = 0;
    friend auto operator<=>(const Hour&, const Hour&) = default;
  };

  std::map<Hour, CodeCounts> hours_;
  // Event time mostly advances, so the hour of the last event is the next one's too.
  Hour recent_hour_;
  CodeCounts* recent_ = nullptr;
};

}  // namespace blockwatch
