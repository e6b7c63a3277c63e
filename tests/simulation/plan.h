// A schedule, made from a seed before anything runs: what the partitions' logs hold, how many processes live
// one after the other, what each of them meets, and how it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/simulation/disk.h"
#include "tests/simulation/world.h"

namespace blockwatch::simulation {

struct LogRecord {
  std::uint32_t number = 0;  // in the partition's pool
  std::uint64_t offset = 0;
  TimeNs broker_time = 0;
};

struct Action {
  enum class Kind : std::uint8_t { reload, set_clock, replace_outputs, fill_disk };
  std::int64_t at = 0;  // nanoseconds since the process began
  Kind kind = Kind::reload;
  std::int64_t value = 0;  // nanoseconds to set the clock on by, or that the disk is full
};

struct ProcessPlan {
  DiskPlan disk;
  std::int64_t stop_after = 0;                   // nanoseconds
  std::optional<std::int64_t> dies_after;        // nanoseconds
  std::uint64_t dies_at_place = 0;               // the number of the place after that
  std::optional<std::uint64_t> source_fails_at;  // number of the poll
  std::vector<Action> actions;                   // in order of time
  bool finds_overrun = false, finds_truncated = false;
  bool starts_with_other_version = false;
  bool drains = false;           // runs until everything is counted and delivered
  bool closes_database = false;  // else the process just ends, as the daemon's may
};

struct Plan {
  std::uint64_t seed = 0;
  std::vector<std::vector<LogRecord>> logs;  // by partition
  std::int64_t wall_clock = 0;               // at the beginning
  std::uint32_t policy = 0, catalog = 0;     // at the beginning
  std::optional<TimeNs> max_age;             // of the second output
  unsigned switches_per_mille = 0;
  bool produced_at_once = false;
  std::vector<ProcessPlan> processes;  // not empty
};

Plan make_plan(std::uint64_t seed, const World& world);

}  // namespace blockwatch::simulation
