#include "state/database.h"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <system_error>

#include <rocksdb/listener.h>

#include "base/check.h"
#include "state/failure.h"
#include "state/rocks.h"

namespace blockwatch {
namespace {

tl::unexpected<Error> cannot_open(const rocksdb::Status& status, const std::string& dir) {
  return tl::unexpected(error_of(status, "cannot open state directory " + dir));
}

/// Of a database that is being created, or will be: how many of `ours` it has, which are made in their order.
Expected<std::size_t> families_there(const std::string& dir,
                                     const std::vector<rocksdb::ColumnFamilyDescriptor>& ours) {
  std::error_code error;
  if (!std::filesystem::exists(dir + "/CURRENT", error)) return 1;
  std::vector<std::string> names;
  const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(database_options(), dir, &names);
  if (!status.ok()) return cannot_open(status, dir);
  std::size_t count = 1;
  while (count < ours.size() && std::find(names.begin(), names.end(), ours[count].name) != names.end())
    ++count;
  return count;
}

}  // namespace

Expected<std::optional<std::string>> Database::row_of_incomplete(const std::string& dir,
                                                                 std::string_view key) {
  std::vector<std::string> there;
  rocksdb::Status status = rocksdb::DB::ListColumnFamilies(database_options(), dir, &there);
  if (!status.ok()) return cannot_open(status, dir);
  const std::vector<rocksdb::ColumnFamilyDescriptor> ours = column_families();
  const auto is_there = [&](const rocksdb::ColumnFamilyDescriptor& family) {
    return std::find(there.begin(), there.end(), family.name) != there.end();
  };
  if (std::all_of(ours.begin(), ours.end(), is_there)) return std::nullopt;
  rocksdb::DB* opened = nullptr;
  status =
      rocksdb::DB::OpenForReadOnly(rocksdb::Options(database_options(), ours.front().options), dir, &opened);
  if (!status.ok()) return cannot_open(status, dir);
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::string value;
  status = db->Get(rocksdb::ReadOptions(), slice(key), &value);
  if (!status.ok() && !status.IsNotFound()) return cannot_open(status, dir);
  return value;
}

/// Hears of the error after which RocksDB refuses every write. Thread: any.
class Database::FirstFailure : public rocksdb::EventListener {
 public:
  explicit FirstFailure(std::string dir) : dir_(std::move(dir)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                         rocksdb::Status* status) override {  // NOLINT(readability-identifier-naming)
    const std::lock_guard held(mutex_);
    if (!error_) error_ = error_of(*status, "cannot write to " + dir_);
  }
  std::optional<Error> get() const {
    const std::lock_guard held(mutex_);
    return error_;
  }

 private:
  const std::string dir_;
  mutable std::mutex mutex_;
  std::optional<Error> error_;  // guarded by mutex_
};

Database::Database(std::shared_ptr<FirstFailure> failure, rocksdb::DB* db,
                   std::vector<rocksdb::ColumnFamilyHandle*> families)
    : failure_(std::move(failure)), db_(db), families_(std::move(families)) {}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* family : families_) db_->DestroyColumnFamilyHandle(family);
}

Expected<std::unique_ptr<Database>> Database::open(const std::string& dir, Opening how,
                                                   const StateMemory& memory) {
  rocksdb::DBOptions options = database_options();
  options.create_if_missing = how == Opening::to_write;
  if (how == Opening::to_roll_back)
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  const auto failure = std::make_shared<FirstFailure>(dir);
  options.listeners.push_back(failure);
  const std::vector<rocksdb::ColumnFamilyDescriptor> ours = column_families(memory);
  std::vector<rocksdb::ColumnFamilyDescriptor> there = ours;
  if (how == Opening::to_write) {
    const auto count = families_there(dir, ours);
    if (!count) return tl::unexpected(count.error());
    there.resize(*count, rocksdb::ColumnFamilyDescriptor());
  }
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  const rocksdb::Status status = how == Opening::to_read
                                     ? rocksdb::DB::OpenForReadOnly(options, dir, there, &families, &db)
                                     : rocksdb::DB::Open(options, dir, there, &families, &db);
  if (!status.ok()) return cannot_open(status, dir);
  std::unique_ptr<Database> database(new Database(failure, db, std::move(families)));
  for (std::size_t i = there.size(); i < ours.size(); ++i)
    if (const auto added = database->add_family(ours[i]); !added.ok()) return cannot_open(added, dir);
  return database;
}

// RocksDB's own way to create what is missing loses the handle of a family whose options it cannot write, and
// then aborts.
rocksdb::Status Database::add_family(const rocksdb::ColumnFamilyDescriptor& family) {
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  rocksdb::Status status = db_->CreateColumnFamily(family.options, family.name, &handle);
  if (handle != nullptr) families_.push_back(handle);
  return status;
}

std::optional<Error> Database::failure() const {
  return failure_->get();
}

Expected<std::optional<std::string>> Database::read(const rocksdb::ReadOptions& options,
                                                    std::string_view key) const {
  std::string value;
  const rocksdb::Status status = db_->Get(options, handle(family_of(key)), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  return value;
}

Expected<std::optional<Row>> Database::last_row(const KeyRange& range) const {
  rocksdb::ReadOptions options;
  const rocksdb::Slice begin = slice(range.from);
  options.iterate_lower_bound = &begin;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, handle(family_of(range.from))));
  it->SeekForPrev(slice(range.to));
  // `to` itself is outside, and may be the first key of the next kind.
  if (it->Valid() && view(it->key()) == range.to) it->Prev();
  if (it->Valid()) return Row(it->key().ToString(), it->value().ToString());
  if (!it->status().ok()) return tl::unexpected(error_of(it->status(), "cannot read the state"));
  return std::nullopt;
}

StateMemory Database::memory_used() const {
  StateMemory used{0, 0};
  // The families share the cache; each has its memtables.
  db_->GetIntProperty(handle(Family::base), rocksdb::DB::Properties::kBlockCacheUsage, &used.cache_bytes);
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &used.write_buffer_bytes);
  return used;
}

Expected<bool> Database::empty() const {
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), family));
    it->SeekToFirst();
    if (!it->status().ok()) return tl::unexpected(error_of(it->status(), "cannot read the state"));
    if (it->Valid()) return false;
  }
  return true;
}

void Batch::put(const std::string& key, const std::string& value) {
  const rocksdb::Status status = batch_.Put(family(key), key, value);
  BW_CHECK(status.ok());
}

void Batch::erase(const std::string& key) {
  const rocksdb::Status status = batch_.Delete(family(key), key);
  BW_CHECK(status.ok());
}

void Batch::erase(const KeyRange& range) {
  const rocksdb::Status status = batch_.DeleteRange(family(range.from), range.from, range.to);
  BW_CHECK(status.ok());
}

}  // namespace blockwatch
