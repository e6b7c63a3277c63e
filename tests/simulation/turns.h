// Threads that take turns, on a virtual clock: of all threads of the process one runs at a time, and a seed
// says which is next wherever one of them locks, unlocks, waits or sleeps. Nobody ever sleeps really: when no
// thread can go on, the clock jumps to the next deadline.
//
// turns.cc defines the functions of pthread and of the clock that the product, RocksDB and the standard
// library call, so all of them take part as they are. Where nothing was begun, each does what it always does.
#pragma once

#include <cstdint>

namespace blockwatch::simulation {

/// Nanoseconds. Outlives the processes: it lies in memory that they share.
struct VirtualClock {
  std::int64_t monotonic = 0;
  std::int64_t wall_offset = 0;  // wall clock = monotonic + this; moved when somebody sets the clock
};

struct TurnsOptions {
  std::uint64_t seed = 0;
  unsigned switches_per_mille = 100;  // of the places where a thread may have to let another go first
};

/// Called from the process's only thread, which becomes the first. For the rest of the process's life.
void begin_turns(const TurnsOptions& options, VirtualClock& clock);

/// Ends the process by `die` at the first of `places` places (locks, waits …) after the clock shows
/// `monotonic`.
void end_at(std::int64_t monotonic, std::uint64_t places, void (*die)());

void sleep_for(std::int64_t nanoseconds);

/// The exit status when every thread waits for another.
inline constexpr int kDeadlock = 99;

}  // namespace blockwatch::simulation
