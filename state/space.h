// Waits while the disk is too full to write safely.
//
// RocksDB as Debian builds it aborts the process when its log meets a full disk, and when it opens on one. So
// the free space is looked at before each batch and before opening; what is kept free covers what RocksDB
// writes on its own afterwards (a full log of 64 MiB, a memtable being flushed, a compaction beginning).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/error.h"

namespace blockwatch {

inline constexpr std::uint64_t kFreeBytesMin = std::uint64_t{192} << 20U;

/// Pure: may a batch of this size be written?
constexpr bool enough_space(std::uint64_t free_bytes, std::uint64_t batch_bytes) {
  return free_bytes >= kFreeBytesMin && free_bytes - kFreeBytesMin >= 2 * batch_bytes;
}

/// Bytes that this process may still write on the file system of `dir`.
Expected<std::uint64_t> free_bytes_of(const std::string& dir);

/// Owned by the Store; changes nothing. Thread: any.
class SpaceGate {
 public:
  using Probe = std::function<Expected<std::uint64_t>()>;
  SpaceGate(std::string dir, Probe probe, std::chrono::milliseconds poll_interval)
      : dir_(std::move(dir)), probe_(std::move(probe)), poll_interval_(poll_interval) {}

  /// Returns when a batch of this size may be written; says in the log that it waits, and that it goes on. An
  /// error: the file system does not answer.
  Expected<void> wait_for(std::uint64_t batch_bytes) const;

 private:
  std::string dir_;
  Probe probe_;
  std::chrono::milliseconds poll_interval_;
};

}  // namespace blockwatch
