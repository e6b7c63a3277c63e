// How many runs a row has, and of which sizes, without reading them at each commit. Internal to state/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "state/database.h"

namespace blockwatch {

/// Partition, cube and granularity: what rows of one number line share.
using Series = std::tuple<std::uint32_t, Cube, Granularity>;

/// The sizes of a row's runs, oldest first, each within 9 %: a byte a run, so that a year of rows fits.
class RunSizes {
 public:
  std::size_t count() const { return classes_.size(); }
  /// A further run of so many bytes, at least 1.
  void add(std::uint64_t bytes);
  /// Forgets the runs behind the first `count`.
  void cut(std::size_t count) { classes_.resize(count); }
  std::vector<std::uint64_t> bytes() const;

 private:
  std::string classes_;  // eighths of the logarithm to the base 2
};

/// A bounded cache of the stored runs' sizes, filled when a row is first touched. Owned by the Store;
/// thread: the worker's. It describes the database as it will be once the batch that is being built is
/// written; a batch that fails ends the process.
class RunIndex {
 public:
  explicit RunIndex(const Database& db) : db_(db) {}

  /// Of a row's runs by run number; the caller changes it to what its batch writes. Valid until the next
  /// call.
  Expected<RunSizes*> sizes(const RowKey& row);
  /// The rows of its series before this one are being deleted.
  void forget_before(const RowKey& row);

 private:
  Expected<std::optional<std::int64_t>*> newest_of(const RowKey& row);

  const Database& db_;
  std::map<Series, boost::unordered_flat_map<std::int64_t, RunSizes>> sizes_;  // by row number
  std::size_t rows_ = 0;
  /// The newest row that has runs: time mostly advances, and a newer one needs no look at the database.
  std::map<Series, std::optional<std::int64_t>> newest_;
};

}  // namespace blockwatch
