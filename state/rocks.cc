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

#include "base/log.h"
#include "state/keys.h"

namespace blockwatch {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;
constexpr std::uint64_t kWalBytes = 64 * kMiB;

/// One memtable of each family being filled and one being flushed.
constexpr int kMemtables = 2;

/// Its share of all memtables that are being filled. By default 4, 16 and 32 MiB: all that lives in `recent`
/// is about 14 MB at 290 M messages a year.
constexpr std::size_t memtable_bytes(Family family, std::uint64_t write_buffers) {
  constexpr std::size_t kShares = 1 + 4 + 8;
  const std::size_t share = write_buffers / kMemtables / kShares;
  switch (family) {
    case Family::base:
      return share;
    case Family::kept:
      return 4 * share;
    case Family::recent:
      return 8 * share;
  }
  return 0;
}

/// A run of counters, or a chunk of evidence, of at least so many bytes is written once, into a blob file;
/// what is merged and moved between levels is its key.
constexpr std::uint64_t kBlobBytesMin = 512;

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

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions o;
  o.info_log = std::make_shared<ForwardedLog>();

  // A torn tail of the log opens, a corrupt middle refuses. Errors stop; RocksDB's own resuming has known
  // wrong turns.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.max_bgerror_resume_count = 0;
  o.fail_if_options_file_error = true;  // else an I/O error there is only logged
  o.paranoid_checks = true;
  o.atomic_flush = false;
  o.manual_wal_flush = false;
  o.recycle_log_file_num = 0;
  o.track_and_verify_wals_in_manifest = false;
  o.unordered_write = false;

  o.max_total_wal_size = kWalBytes;
  // Never -1: a database of one table file would then be read by code that takes blobs for missing
  // (RocksDB's issue 12503).
  o.max_open_files = 256;
  o.keep_log_file_num = 1;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;

  // Two cores, and the worker has one of them.
  o.max_background_jobs = 2;
  o.max_subcompactions = 1;
  o.max_file_opening_threads = 2;
  o.skip_stats_update_on_db_open = true;
  return o;
}

std::vector<rocksdb::ColumnFamilyDescriptor> column_families(const StateMemory& memory) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache =
      rocksdb::NewLRUCache(memory.cache_bytes);  // keys and small runs; blobs are the page cache's
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;  // readable by 7.8 and 9.10
  table.block_size = std::size_t{16} << 10U;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));

  rocksdb::ColumnFamilyOptions base;
  base.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  base.paranoid_file_checks = true;
  base.max_write_buffer_number = kMemtables;
  base.write_buffer_size = memtable_bytes(Family::base, memory.write_buffer_bytes);
  base.level_compaction_dynamic_level_bytes = true;
  base.compression = best_of({rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});
  base.bottommost_compression =
      best_of({rocksdb::kZSTD, rocksdb::kLZ4Compression, rocksdb::kSnappyCompression});

  // No blob is ever moved (enable_blob_garbage_collection is off): it would rewrite the oldest quarter of the
  // counters each time. What a merge of runs leaves dead in a blob file is less than what is alive.
  rocksdb::ColumnFamilyOptions kept = base;
  kept.write_buffer_size = memtable_bytes(Family::kept, memory.write_buffer_bytes);
  kept.enable_blob_files = true;
  kept.min_blob_size = kBlobBytesMin;
  kept.blob_compression_type = base.compression;

  rocksdb::ColumnFamilyOptions recent = base;
  recent.write_buffer_size = memtable_bytes(Family::recent, memory.write_buffer_bytes);
  return {{rocksdb::kDefaultColumnFamilyName, base}, {"kept", kept}, {"recent", recent}};
}

}  // namespace blockwatch
