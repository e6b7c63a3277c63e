// The inside of Store. Internal to state/.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "state/database.h"
#include "state/lock.h"
#include "state/run_index.h"
#include "state/space.h"
#include "state/store.h"

namespace blockwatch {

/// The format of everything in state/keys.h, codec.h and page.h. A program refuses those it does not know.
inline constexpr std::uint64_t kFormatVersion = 4;
inline constexpr const char* kMetaFormat = "format";
inline constexpr const char* kMetaIdentity = "identity";
inline constexpr const char* kMetaAsOf = "as_of";

/// The chunks of seen ids of one partition.
struct SeenChunks {
  std::uint64_t next = 0;
  std::uint64_t oldest = 0;                 // = next: there are none
  std::optional<TimeNs> oldest_last_clock;  // empty: not known
};

/// Of a state directory.
inline std::string database_dir(const std::string& dir) {
  return dir + "/db";
}

struct Store::Impl {
  Impl(std::string directory, Access how, DirectoryLock held);
  ~Impl();

  // ---- opening (store_open.cc)
  Expected<void> open_database(const StateMemory& memory);
  /// A database that lacks a column family: of another format, or begun and never ended.
  Expected<void> check_incomplete() const;
  /// Refuses a format that this program does not know.
  Expected<void> check_format(std::string_view bytes) const;
  /// Reads the format and the identity; a new database gets them.
  Expected<void> read_meta();
  Expected<void> create_meta();
  Expected<void> count_rows();

  // ---- building a batch (store_commit.cc). Memory runs ahead of the disk here; a failure is final.
  Expected<void> build(CommitBatch& in, Batch& out);
  void add_progress(const CommitBatch& in, Batch& out);
  void add_gaps(const CommitBatch& in, Batch& out);
  void add_evidence(const CommitBatch& in, Batch& out);
  void add_rejects(const CommitBatch& in, Batch& out);
  Expected<SeenChunks*> seen_of(std::uint32_t partition);
  Expected<void> add_seen(const CommitBatch& in, Batch& out);
  Expected<void> expire_seen(std::uint32_t partition, TimeNs before, Batch& out);
  Expected<void> move_incidents(const CommitBatch& in, Batch& out);
  Expected<void> add_incidents(const CommitBatch& in, Batch& out);
  void add_notifications(CommitBatch& in, Batch& out);
  Expected<void> add_versions(const CommitBatch& in, Batch& out);
  Expected<void> add_names(const CommitBatch& in, Batch& out);
  /// Synced, after looking at the free space. Any failure makes the store refuse everything that follows.
  Expected<void> write(Batch& batch, std::string_view doing);

  // ---- its counters (store_counters.cc)
  Expected<void> expire_rows(const CommitBatch& in, Batch& out);
  Expected<void> expire_series(const RowKey& floor, Batch& out);
  /// The row is before what its partition keeps.
  bool is_expired(const RowKey& row) const;
  /// A month of `disclosures` is written as one run when it has passed, for reports of long spans: it has the
  /// same few cells in each of its runs. A clock that jumps over months leaves those as they are.
  std::optional<RowKey> month_to_gather(const PartitionProgress& progress);
  Expected<void> gather(const RowKey& row, Batch& out);
  Expected<void> add_runs(CommitBatch& in, Batch& out);
  Expected<void> add_run(const RowKey& row, std::string bytes, bool gather, Batch& out);
  /// The stored runs from number `first` on and what is `added`, if anything, as run `first`.
  Expected<void> write_as_one(const RowKey& row, RunSizes& sizes, std::size_t first, std::string added,
                              Batch& out);
  Expected<std::string> merge_stored(const RowKey& row, std::size_t first, std::size_t end,
                                     std::string_view added);

  // ---- the log (store_read.cc)
  /// Without what was suppressed; the zeros of a new one if there is none.
  OutputStanding output(std::string_view name) const;

  const std::string dir;
  const Access access;
  DirectoryLock lock;  // declared before the database: let go after it is closed
  std::unique_ptr<Database> db;
  StateIdentity identity;
  SpaceGate space;

  // ---- the worker's
  std::unique_ptr<RunIndex> runs;
  std::map<std::uint32_t, SeenChunks> seen;
  /// By partition, cube and granularity: the rows before it are gone. Filled by the partition's first
  /// commit.
  std::map<Series, std::int64_t> floors;
  /// By partition: the months up to this one were gathered, or had nothing to gather.
  std::map<std::uint32_t, std::int64_t> months_gathered;
  std::array<DictionaryId, kDictionaryCount + 1> name_count{};  // by Dictionary, which begins at 1
  /// Of a commit; keeps its memory, which is some MiB while catching up.
  std::unique_ptr<Batch> commit_batch;
  bool failed = false;

  // ---- any thread
  mutable std::mutex log_mutex;
  mutable std::condition_variable log_grew;
  std::uint64_t log_end = 0;  // under log_mutex
};

/// The parts of an incident; `id` is 16 bytes.
Expected<std::vector<IncidentPart>> read_incident_parts(const Database& db,
                                                        const rocksdb::ReadOptions& options,
                                                        std::string_view day, std::string_view id,
                                                        bool* closed);

std::unique_ptr<Snapshot> make_snapshot(const Database& db);

}  // namespace blockwatch
