// The database of a closed state directory, opened behind the store's back to damage it.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <rocksdb/db.h>

namespace blockwatch::test {

class RawDatabase {
 public:
  explicit RawDatabase(const std::string& state_dir) {
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(rocksdb::Options(), state_dir + "/db", &db);
    EXPECT_TRUE(status.ok()) << status.ToString();
    db_.reset(db);
  }
  void put(const std::string& key, const std::string& value) {
    EXPECT_TRUE(db_->Put(rocksdb::WriteOptions(), key, value).ok());
  }
  void erase(const std::string& key) { EXPECT_TRUE(db_->Delete(rocksdb::WriteOptions(), key).ok()); }
  /// Writes the memtable to a table file.
  void flush() { EXPECT_TRUE(db_->Flush(rocksdb::FlushOptions()).ok()); }
  /// Cuts the last byte off the value of every row whose key begins with `kind`; how many there were.
  int cut_values(char kind) {
    int n = 0;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions()));
    for (it->Seek(rocksdb::Slice(&kind, 1)); it->Valid() && it->key()[0] == kind; it->Next(), ++n) {
      std::string value = it->value().ToString();
      value.resize(value.empty() ? 0 : value.size() - 1);
      put(it->key().ToString(), value);
    }
    return n;
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace blockwatch::test
