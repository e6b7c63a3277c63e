// The gaps of the partitions that are being counted: what a source found becomes a row of the state, once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "pipeline/ports.h"
#include "state/store.h"

namespace blockwatch {

/// Owned by the Applier; the worker's thread.
class GapBook {
 public:
  explicit GapBook(const Snapshot& snapshot);

  /// Records what was found at `progress`, which moves on to where counting resumes. False: it was known, and
  /// nothing has changed since.
  bool found(const GapFound& gap, PartitionProgress& progress, TimeNs now, CommitBatch& batch);
  /// The partition's log is the one that was counted on. True: a halt is over by itself, as where the brokers
  /// of another cluster had been configured.
  bool verified(std::uint32_t partition, TimeNs now, CommitBatch& batch);

  /// Nothing was read yet behind the partition's last gap.
  bool is_open_ended(std::uint32_t partition) const;
  /// The first record behind it: what is missing was written before.
  void ends_before(const SourceRecord& record, CommitBatch& batch);

 private:
  struct Last {
    std::uint32_t next_number = 0;
    std::optional<Gap> gap;  // the newest of them
  };
  std::map<std::uint32_t, Last> partitions_;
};

}  // namespace blockwatch
