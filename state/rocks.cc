#include "state/rocks.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "base/log.h"
#include "state/failure.h"

namespace blockwatch {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{64} << 20U;
constexpr std::size_t kMemtableBytes = std::size_t{32} << 20U;
/// One memtable being filled and one being flushed.
constexpr std::size_t kMemtablesBytes = 2 * kMemtableBytes;
constexpr std::uint64_t kWalBytes = std::uint64_t{64} << 20U;
/// A flush has keys of every partition and cube, so that merging it rewrites the whole next level: many
/// flushes are merged at once, and the next level is large.
constexpr int kFlushesMerged = 12;
constexpr std::uint64_t kBaseLevelBytes = std::uint64_t{1} << 30U;

/// RocksDB's own messages go where all others go, from warnings up. It prints keys at most, and ours hold
/// nothing personal. Thread: any.
class ForwardedLog : public rocksdb::Logger {
 public:
  ForwardedLog() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void LogHeader(const char* /*format*/, va_list /*arguments*/) override {
  }  // NOLINT(readability-identifier-naming)
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    std::array<char, 512> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    std::string_view line(text.data());
    while (line.ends_with('\n') || line.ends_with(' ')) line.remove_suffix(1);
    log::write(level == rocksdb::InfoLogLevel::WARN_LEVEL ? log::Level::warning : log::Level::error,
               "rocksdb", line);
  }
};

rocksdb::CompressionType best_of(std::initializer_list<rocksdb::CompressionType> wanted) {
  const std::vector<rocksdb::CompressionType> built_in = rocksdb::GetSupportedCompressions();
  for (const rocksdb::CompressionType type : wanted)
    if (std::find(built_in.begin(), built_in.end(), type) != built_in.end()) return type;
  return rocksdb::kNoCompression;
}

}  // namespace

rocksdb::Options database_options() {
  rocksdb::Options o;
  o.info_log = std::make_shared<ForwardedLog>();

  // A torn tail of the log opens, a corrupt middle refuses. Errors stop; RocksDB's own resuming has known
  // wrong turns.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.max_bgerror_resume_count = 0;
  o.paranoid_checks = true;
  o.paranoid_file_checks = true;
  o.atomic_flush = false;
  o.manual_wal_flush = false;
  o.recycle_log_file_num = 0;
  o.track_and_verify_wals_in_manifest = false;
  o.unordered_write = false;

  // Bounded memory: one cache that the memtables are charged to, and few open files.
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kCacheBytes + kMemtablesBytes);
  o.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(kMemtablesBytes, cache, false);
  o.write_buffer_size = kMemtableBytes;
  o.max_write_buffer_number = 2;
  o.max_total_wal_size = kWalBytes;
  o.max_open_files = 256;
  o.keep_log_file_num = 1;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;

  // Two cores, and the worker has one of them.
  o.max_background_jobs = 2;
  o.max_subcompactions = 1;
  o.max_file_opening_threads = 2;
  o.skip_stats_update_on_db_open = true;
  o.level_compaction_dynamic_level_bytes = true;
  o.level0_file_num_compaction_trigger = kFlushesMerged;
  o.level0_slowdown_writes_trigger = 3 * kFlushesMerged;
  o.level0_stop_writes_trigger = 4 * kFlushesMerged;
  o.max_bytes_for_level_base = kBaseLevelBytes;
  o.compression = best_of({rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});
  o.bottommost_compression = best_of({rocksdb::kZSTD, rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;  // readable by 7.8 and 9.10
  table.block_size = std::size_t{16} << 10U;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

Expected<std::optional<std::string>> read(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                          std::string_view key) {
  std::string value;
  const rocksdb::Status status = db.Get(options, slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  return value;
}

Expected<std::optional<Row>> last_row(rocksdb::DB& db, const KeyRange& range) {
  rocksdb::ReadOptions options;
  const rocksdb::Slice begin = slice(range.from);
  options.iterate_lower_bound = &begin;
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options));
  it->SeekForPrev(slice(range.to));
  // `to` itself is outside, and may be the first key of the next kind.
  if (it->Valid() && view(it->key()) == range.to) it->Prev();
  if (it->Valid()) return Row(it->key().ToString(), it->value().ToString());
  if (!it->status().ok()) return tl::unexpected(error_of(it->status(), "cannot read the state"));
  return std::nullopt;
}

}  // namespace blockwatch
