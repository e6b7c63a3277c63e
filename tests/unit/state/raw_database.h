// The database of a closed state directory, opened behind the store's back to damage it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "state/keys.h"

namespace blockwatch::test {

class RawDatabase {
 public:
  explicit RawDatabase(const std::string& state_dir) {
    std::vector<std::string> names;
    rocksdb::Status status = rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), state_dir + "/db", &names);
    EXPECT_TRUE(status.ok()) << status.ToString();
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    rocksdb::DB* db = nullptr;
    status = rocksdb::DB::Open(rocksdb::DBOptions(), state_dir + "/db", families, &families_, &db);
    EXPECT_TRUE(status.ok()) << status.ToString();
    db_.reset(db);
  }
  ~RawDatabase() {
    for (rocksdb::ColumnFamilyHandle* family : families_) db_->DestroyColumnFamilyHandle(family);
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  void put(const std::string& key, const std::string& value) {
    EXPECT_TRUE(db_->Put(rocksdb::WriteOptions(), family(key), key, value).ok());
  }
  std::string get(const std::string& key) {
    std::string value;
    EXPECT_TRUE(db_->Get(rocksdb::ReadOptions(), family(key), key, &value).ok()) << key;
    return value;
  }
  /// That begin with it, in order.
  std::vector<std::string> keys(const std::string& prefix) {
    std::vector<std::string> found;
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), family));
      for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next())
        found.push_back(it->key().ToString());
    }
    return found;
  }
  void erase(const std::string& key) {
    EXPECT_TRUE(db_->Delete(rocksdb::WriteOptions(), family(key), key).ok());
  }
  /// Writes the memtables to table files.
  void flush() { EXPECT_TRUE(db_->Flush(rocksdb::FlushOptions(), families_).ok()); }
  /// Cuts the last byte off the value of every row whose key begins with `kind`; how many there were.
  int cut_values(char kind) {
    int n = 0;
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), family));
      for (it->Seek(rocksdb::Slice(&kind, 1)); it->Valid() && it->key()[0] == kind; it->Next(), ++n) {
        std::string value = it->value().ToString();
        value.resize(value.empty() ? 0 : value.size() - 1);
        put(it->key().ToString(), value);
      }
    }
    return n;
  }
  /// With all its rows.
  void drop(Family family) {
    EXPECT_TRUE(db_->DropColumnFamily(families_.at(static_cast<std::size_t>(family))).ok());
  }

 private:
  rocksdb::ColumnFamilyHandle* family(const std::string& key) const {
    return families_.at(static_cast<std::size_t>(family_of(key)));
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // in the order in which they were made: by Family
};

}  // namespace blockwatch::test
