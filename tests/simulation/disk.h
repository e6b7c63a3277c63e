// The disk as a crash leaves it: where among the process's writes it dies, what of unsynced bytes a power cut
// takes, and a disk that refuses or is full. disk.cc defines the C library's functions that RocksDB calls.
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/outside.h"
#include "tests/simulation/random.h"

namespace blockwatch::simulation {

enum class DiskFault : std::uint8_t {
  none,
  before_write,
  torn_write,
  before_sync,
  after_sync,
  write_refused,
  sync_refused
};

struct DiskPlan {
  DiskFault fault = DiskFault::none;
  /// Of the writes to the database's log after begin_log_faults(), or of all writes before it.
  std::uint64_t number = 0;
  bool while_opening = false;
  bool power_cut = false;  // takes unsynced bytes with it
};

/// Of files below `dir`. For the rest of the process's life.
void begin_disk(const std::string& dir, const DiskPlan& plan, Outside& outside, Random random);
/// The database is open.
void begin_log_faults();
/// Ends the process as a crash does.
[[noreturn]] void die();
[[noreturn]] void die_at_any_place();

/// The exit status of a process that died as planned.
inline constexpr int kDied = 98;

}  // namespace blockwatch::simulation
