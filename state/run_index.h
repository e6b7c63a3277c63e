// How many runs a bucket has, and of which sizes, without reading them at each commit. Internal to state/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "state/rocks.h"

namespace blockwatch {

/// Partition, cube and granularity: what buckets of one number line share.
using Series = std::tuple<std::uint32_t, Cube, Granularity>;

/// A bounded cache of the stored runs' sizes, filled when a bucket is first touched. Owned by the Store;
/// thread: the worker's. It describes the database as it will be once the batch that is being built is
/// written; a batch that fails ends the process.
class RunIndex {
 public:
  explicit RunIndex(rocksdb::DB& db) : db_(db) {}

  /// Bytes of a bucket's runs by run number; the caller changes it to what its batch writes. Valid until the
  /// next call.
  Expected<std::vector<std::uint64_t>*> sizes(const BucketKey& bucket);
  /// The buckets of its series before this one are being deleted.
  void forget_before(const BucketKey& bucket);

 private:
  Expected<std::optional<std::int64_t>*> newest_of(const BucketKey& bucket);

  rocksdb::DB& db_;
  std::map<BucketKey, std::vector<std::uint64_t>> sizes_;
  /// The newest bucket that has runs: time mostly advances, and a newer one needs no look at the database.
  std::map<Series, std::optional<std::int64_t>> newest_;
};

}  // namespace blockwatch
