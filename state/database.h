// The database and its column families: rows are read and batches written by key alone, which says where a
// row lies (state/keys.h). Internal to state/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "base/error.h"
#include "state/keys.h"
#include "state/store.h"

namespace blockwatch {

inline rocksdb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}
inline std::string_view view(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

/// A row by key and value.
using Row = std::pair<std::string, std::string>;

/// Thread: any. A range lies in one family.
class Database {
 public:
  /// Of an existing database only. Empty: all families are there. Else what the family that always exists
  /// holds under `key`: another format's database, or one whose creation was interrupted, in which case it is
  /// an empty string.
  static Expected<std::optional<std::string>> row_of_incomplete(const std::string& dir, std::string_view key);

  enum class Opening {
    to_read,
    to_write,      // creates what is missing
    to_roll_back,  // gives up what stands behind the first damage of the write-ahead log
  };
  static Expected<std::unique_ptr<Database>> open(const std::string& dir, Opening how,
                                                  const StateMemory& memory);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Empty: there is no such key.
  Expected<std::optional<std::string>> read(const rocksdb::ReadOptions& options, std::string_view key) const;

  /// Calls visit(key, value) for the rows of a range in order, until it returns false.
  template <class Visit>
  rocksdb::Status scan(rocksdb::ReadOptions options, const KeyRange& range, Visit&& visit) const {
    const rocksdb::Slice end = slice(range.to);
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, handle(family_of(range.from))));
    for (it->Seek(slice(range.from)); it->Valid(); it->Next())
      if (!visit(view(it->key()), view(it->value()))) break;
    return it->status();
  }

  /// The same for all rows of a family.
  template <class Visit>
  rocksdb::Status scan_all(const rocksdb::ReadOptions& options, Family family, Visit&& visit) const {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, handle(family)));
    for (it->SeekToFirst(); it->Valid(); it->Next())
      if (!visit(view(it->key()), view(it->value()))) break;
    return it->status();
  }

  /// Of a range; empty: it has none.
  Expected<std::optional<Row>> last_row(const KeyRange& range) const;
  StateMemory memory_used() const;
  /// No row in any family.
  Expected<bool> empty() const;

  rocksdb::Status write(const rocksdb::WriteOptions& options, rocksdb::WriteBatch& batch) {
    return db_->Write(options, &batch);
  }
  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return families_[static_cast<std::size_t>(family)];
  }
  /// What ended all writing, if anything did.
  std::optional<Error> failure() const;
  /// For snapshots.
  rocksdb::DB& rocks() const { return *db_; }

 private:
  class FirstFailure;
  rocksdb::Status add_family(const rocksdb::ColumnFamilyDescriptor& family);
  Database(std::shared_ptr<FirstFailure> failure, rocksdb::DB* db,
           std::vector<rocksdb::ColumnFamilyHandle*> families);

  std::shared_ptr<FirstFailure> failure_;  // before the database, which calls it
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // by Family
};

/// One atomic batch: eight bytes of checksum a key until it is in the log and the memtable. Keeps its memory
/// when it is cleared. Thread: one.
class Batch {
 public:
  explicit Batch(const Database& db) : db_(db) {}
  void put(const std::string& key, const std::string& value);
  void erase(const std::string& key);
  /// The range lies in one family.
  void erase(const KeyRange& range);
  void clear() { batch_.Clear(); }
  std::size_t bytes() const { return batch_.GetDataSize(); }
  rocksdb::WriteBatch& rocks() { return batch_; }

 private:
  static constexpr std::size_t kProtectionBytesPerKey = 8;

  rocksdb::ColumnFamilyHandle* family(const std::string& key) const { return db_.handle(family_of(key)); }

  const Database& db_;
  rocksdb::WriteBatch batch_{0, 0, kProtectionBytesPerKey, 0};
};

}  // namespace blockwatch
