// How RocksDB is opened, and the few ways in which rows are read. Internal to state/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "base/error.h"
#include "state/keys.h"

namespace blockwatch {

rocksdb::Options database_options();

/// For one atomic batch: eight bytes of checksum a key until it is in the log and the memtable.
inline constexpr std::size_t kProtectionBytesPerKey = 8;

inline rocksdb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}
inline std::string_view view(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

/// Calls visit(key, value) for the rows of a range in order, until it returns false.
template <class Visit>
rocksdb::Status scan(rocksdb::DB& db, rocksdb::ReadOptions options, const KeyRange& range, Visit&& visit) {
  const rocksdb::Slice end = slice(range.to);
  options.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
  for (it->Seek(slice(range.from)); it->Valid(); it->Next())
    if (!visit(view(it->key()), view(it->value()))) break;
  return it->status();
}

/// Empty: there is no such key.
Expected<std::optional<std::string>> read(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                          std::string_view key);

/// The last row of a range.
using Row = std::pair<std::string, std::string>;
Expected<std::optional<Row>> last_row(rocksdb::DB& db, const KeyRange& range);

}  // namespace blockwatch
