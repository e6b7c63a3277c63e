// Waits while the disk is too full to write safely.
//
// RocksDB as Debian builds it aborts the process when its log meets a full disk, and when it opens on one. So
// the free space is looked at before each batch and before opening; what is kept free covers what RocksDB
// writes on its own afterwards (a full log of 64 MiB, a memtable being flushed, a compaction beginning).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace blockwatch {

inline constexpr std::uint64_t kFreeBytesMin = std::uint64_t{192} << 20U;

/// Pure: what has to be free before a batch of this size may be written.
constexpr std::uint64_t needed_space(std::uint64_t batch_bytes) {
  return kFreeBytesMin + 2 * batch_bytes;
}

/// Pure: may a batch of this size be written?
constexpr bool enough_space(std::uint64_t free_bytes, std::uint64_t batch_bytes) {
  return free_bytes >= needed_space(batch_bytes);
}

/// Bytes that this process may still write on the file system of `dir`.
Expected<std::uint64_t> free_bytes_of(const std::string& dir);

/// Exit 75 where less than kFreeBytesMin are free, with what they are needed for. Does not wait.
Expected<void> check_space(const std::string& dir, std::string_view needed_for);

/// What a wait for space has seen last.
struct SpaceWait {
  std::uint64_t free_bytes = 0, needed_bytes = 0;
};

/// Writes nothing. Thread: any.
class SpaceGate {
 public:
  using Probe = std::function<Expected<std::uint64_t>()>;
  SpaceGate(std::string dir, Probe probe, std::chrono::milliseconds poll_interval)
      : dir_(std::move(dir)), probe_(std::move(probe)), poll_interval_(poll_interval) {}

  /// Returns when a batch of this size may be written; says in the log that it waits, again each minute, and
  /// that it goes on. An error (75): the file system does not answer, or the wait was given up.
  Expected<void> wait_for(std::uint64_t batch_bytes);
  /// The wait that goes on now; none: nobody waits.
  std::optional<SpaceWait> waiting() const;
  /// Ends the waits that go on, and each that would begin later, with an error. For a stop.
  void give_up();
  /// Whether a wait ended so: what it was for is not written.
  bool has_given_up() const;

 private:
  std::string dir_;
  Probe probe_;
  std::chrono::milliseconds poll_interval_;
  mutable std::mutex mutex_;
  std::condition_variable ending_;
  std::optional<SpaceWait> waiting_;  // all below are guarded by mutex_
  int waiters_ = 0;
  bool giving_up_ = false;
  bool gave_up_ = false;
};

}  // namespace blockwatch
