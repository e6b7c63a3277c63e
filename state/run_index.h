// How many runs a row has, and of which sizes, without reading them at each commit. Internal to state/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "state/database.h"

namespace blockwatch {

/// Partition, cube and granularity: what rows of one number line share.
using Series = std::tuple<std::uint32_t, Cube, Granularity>;

/// A bounded cache of the stored runs' sizes, filled when a row is first touched. Owned by the Store;
/// thread: the worker's. It describes the database as it will be once the batch that is being built is
/// written; a batch that fails ends the process.
class RunIndex {
 public:
  explicit RunIndex(const Database& db) : db_(db) {}

  /// Bytes of a row's runs by run number; the caller changes it to what its batch writes. Valid until the
  /// next call.
  Expected<std::vector<std::uint64_t>*> sizes(const RowKey& row);
  /// The rows of its series before this one are being deleted.
  void forget_before(const RowKey& row);

 private:
  Expected<std::optional<std::int64_t>*> newest_of(const RowKey& row);

  const Database& db_;
  std::map<RowKey, std::vector<std::uint64_t>> sizes_;
  /// The newest row that has runs: time mostly advances, and a newer one needs no look at the database.
  std::map<Series, std::optional<std::int64_t>> newest_;
};

}  // namespace blockwatch
