// What is persisted: one RocksDB database in the state directory, written by one process, one atomic batch a
// commit.
//
// Guarantees: a commit that returned is on the disk (synced); after any crash the database holds exactly the
// commits up to some point, each whole. A format version that this program does not know, another
// deployment's topic, and a directory that another process holds are refused by name.
//
// Functions that return no Expected and meet a row that cannot be read or decoded log it and end the process
// (exit 65 damaged, 75 I/O): an answer from such a store would be a wrong count. While the disk is too full
// to write safely, writing waits (state/space.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "state/records.h"
#include "state/rollback.h"
#include "state/row_check.h"
#include "state/space.h"

namespace blockwatch {

/// What a state directory belongs to; written when it is first opened for writing.
struct StateIdentity {
  std::string instance;       // 16 hex digits, random
  std::string reject_secret;  // 32 bytes, random; never leaves the directory
  SipKey fingerprint_key{};
};

/// An incident as readers see it.
struct IncidentSummary {
  std::string id;
  IncidentKey key;
  std::uint64_t allowance = 0;
  TimeNs closes_at = kNoTime;
  bool closed = false;
  IncidentCounters counters;  // summed over partitions
};

struct NotificationMark {
  std::string milestone;
  std::uint64_t sequence = 0;
  TimeNs time = 0;
};

/// A consistent view of one moment. Thread: any, several at once; must not outlive its Store.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  /// By partition, ascending.
  virtual std::vector<PartitionProgress> partitions() const = 0;
  /// Every stored addend of the buckets [from, to) over all partitions, as pieces of a run, each of one
  /// bucket; the same cell may come several times, and the caller sums. A piece lives during the call.
  virtual void read_cells(
      Cube cube, Granularity granularity, std::int64_t from, std::int64_t to,
      const std::function<void(const BucketKey&, std::span<const CellCount>)>& visit) const = 0;
  /// The same, one by one: visit(bucket, cell).
  template <class Visit>
  void for_each_cell(Cube cube, Granularity granularity, std::int64_t from, std::int64_t to,
                     Visit&& visit) const {
    read_cells(cube, granularity, from, to, [&](const BucketKey& bucket, std::span<const CellCount> cells) {
      for (const CellCount& cell : cells) visit(bucket, cell);
    });
  }
  /// Index = id.
  virtual std::vector<std::string> names(Dictionary dictionary) const = 0;
  /// In order of activation.
  virtual std::vector<StoredVersion> versions(VersionKind kind) const = 0;
  /// Of the version at that place of versions(): one file of a policy, two of a catalog.
  virtual std::vector<std::string> version_files(VersionKind kind, std::size_t index) const = 0;
  /// By day and id; days are inclusive, empty = open.
  virtual std::vector<IncidentSummary> incidents(std::string_view from_day,
                                                 std::string_view to_day) const = 0;
  virtual std::optional<IncidentSummary> incident(std::string_view id) const = 0;
  /// In order of sequence.
  virtual std::vector<NotificationMark> notifications_of(std::string_view incident) const = 0;
  /// Every output that this state has met, by name.
  virtual std::vector<OutputStanding> outputs() const = 0;
  /// By partition and number.
  virtual std::vector<Gap> gaps() const = 0;
  /// In order of time.
  virtual std::vector<Rollback> rollbacks() const = 0;
  /// By partition, epoch and offset, from `from` on, while `visit` returns true.
  virtual void for_each_reject(const RecordPlace& from,
                               const std::function<bool(const RejectRecord&)>& visit) const = 0;
  virtual void for_each_evidence(const std::function<void(const Evidence&)>& visit) const = 0;
  /// The reference time of a file source (`--as-of`), if one was stored.
  virtual std::optional<TimeNs> as_of() const = 0;
};

/// What the database may hold in memory, in bytes.
struct StateMemory {
  std::uint64_t cache_bytes = 16ULL << 20U;          // of blocks
  std::uint64_t write_buffer_bytes = 104ULL << 20U;  // of all memtables, those being flushed included
};

class Store {
 public:
  enum class Access { write, read };  // read: takes the same lock, creates nothing

  /// Takes the lock (a refusal names the holder's pid, exit 75), then opens or creates. To write sets the
  /// process's umask to 0077 and the directory's mode to 0700. Exit 65: damaged, or of another format; 64:
  /// nothing to read there; 78: the directory holds something else.
  static Expected<std::unique_ptr<Store>> open(const std::string& dir, Access access,
                                               const StateMemory& memory = {});
  /// Closes the database and lets the lock go. No Snapshot may be alive.
  ~Store();

  const StateIdentity& identity() const;

  // ---- any thread, beside the worker
  /// Reads every row; an error: the database cannot be read.
  Expected<RowCheck> check_rows() const;
  /// Makes `to`, which is not there, a state directory of its own that holds this one as of a moment; files
  /// that never change are shared with it by links. Errors: exit 75, also where the disk is nearly full.
  Expected<void> checkpoint(const std::string& to) const;

  // ---- the worker's side: one thread
  /// Gives the notifications their sequence numbers, writes everything in one synced batch, wakes
  /// wait_for_log. An error is final: the caller ends the process (exit 75), the next start reads the truth
  /// from the disk.
  Expected<void> commit(CommitBatch& batch);
  /// Ids that may still make a duplicate, in the order in which they were counted.
  Expected<void> for_each_seen(std::uint32_t partition,
                               const std::function<void(const SeenId&)>& visit) const;
  /// The parts of an incident over all partitions; empty if there is none.
  std::vector<IncidentPart> incident_parts(std::string_view id, std::string_view day) const;
  bool incident_closed(std::string_view id, std::string_view day) const;
  Expected<void> set_as_of(TimeNs as_of);

  // ---- any thread
  /// What it holds of each now.
  StateMemory memory_used() const;
  std::unique_ptr<Snapshot> snapshot() const;
  /// Keys, ids, allowances and closes_at of all incidents that are not closed yet (counters of one partition
  /// each, as stored).
  std::vector<IncidentPart> open_incident_parts() const;
  /// Notifications with sequence > `after`, at most `max`, in order.
  std::vector<Notification> read_log(std::uint64_t after, std::size_t max) const;
  std::optional<Notification> notification(std::uint64_t sequence) const;
  /// Waits until the log holds a sequence > `after` or `timeout` is over; the newest sequence.
  std::uint64_t wait_for_log(std::uint64_t after, std::chrono::milliseconds timeout) const;
  std::uint64_t log_end() const;
  /// The last sequence that `output` is done with, delivered or suppressed; 0 at first.
  std::uint64_t cursor(std::string_view output) const;
  /// Moves the cursor, never back, and in the same batch records which of the notifications that it passes
  /// were `suppressed` (ascending, apart from each other); the others count as delivered. Durable with the
  /// next commit: a crash in between delivers, and decides, again. Of one output: one thread.
  Expected<void> set_cursor(std::string_view output, std::uint64_t sequence,
                            const std::vector<Suppressed>& suppressed = {});

  /// The wait for space that goes on now; none: nothing waits.
  std::optional<SpaceWait> waits_for_space() const;
  /// What waits for space, or would later, fails (75) instead. For a stop.
  void give_up_waiting();
  /// Whether something was not written for that.
  bool gave_up_waiting() const;
  /// Why nothing can be written any more, also where nobody tries to now: what RocksDB does on its own
  /// failed, or a write did. The caller ends the process.
  std::optional<Error> failure() const;

 private:
  Store();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
