// What a process does not take with it when it dies: the clock, the brokers' and the subscribers' memory, and
// what the schedule reached. Lies in memory that a schedule's processes share, one after the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/simulation/turns.h"

namespace blockwatch::simulation {

/// What happened; a schedule counts it, and the test sees to it that nothing of it is missing from a run.
enum class Event : std::uint8_t {
  process,
  clean_stop,
  source_error,
  died_opening,
  died_at_any_place,
  died_before_write,
  died_torn_write,
  died_before_sync,
  died_after_sync,
  power_lost,
  bytes_lost,
  write_refused,
  sync_refused,
  disk_full,
  slow_sync,
  record_handed_over,
  record_again,
  empty_poll,
  offset_jump,
  data_gap,
  halt,
  verified,
  silence,
  reload_offered,
  reload_activated,
  start_with_other_version,
  clock_back,
  clock_forward,
  outputs_replaced,
  delivered,
  delivered_again,
  delivery_refused,
  delivery_late,
  acknowledgement_lost,
  partly_acknowledged,
  suppressed,
  everything_drained,
};
inline constexpr std::size_t kEvents = static_cast<std::size_t>(Event::everything_drained) + 1;
const char* name_of(Event event);

inline constexpr std::size_t kPartitionsMax = 8;
inline constexpr std::size_t kActivationsMax = 32;
inline constexpr std::size_t kOutputs = 2;
inline constexpr std::size_t kNotificationsMax = 8192;
inline constexpr std::size_t kLostMax = 16;

struct Reported {  // as in force, by the process
  std::int64_t from = 0;
  std::uint32_t policy = 0, catalog = 0;
};

struct Lost {  // records that are gone before they were read
  std::uint32_t partition = 0;
  std::uint64_t from = 0, to = 0;  // offsets, [from, to)
};

struct Outside {
  VirtualClock clock;
  std::int64_t disk_full_until = 0;                         // monotonic
  std::uint32_t policy = 0, catalog = 0;                    // that the files have now
  std::array<std::uint64_t, kPartitionsMax> handed_over{};  // offsets below
  std::array<std::uint64_t, kPartitionsMax> committed{};    // offsets below: the source was told so
  std::array<std::uint64_t, kPartitionsMax> produced{};     // records, not offsets
  std::array<std::uint64_t, kPartitionsMax> log_start{};    // offsets; what was before has expired
  std::array<Lost, kLostMax> lost{};
  std::size_t lost_count = 0;
  std::array<Reported, kActivationsMax> activations{};
  std::size_t activation_count = 0;
  /// By output and sequence: a hash of what was accepted; 0: nothing.
  std::array<std::array<std::uint64_t, kNotificationsMax>, kOutputs> accepted{};
  std::array<std::uint64_t, kEvents> events{};
  bool was_printed = false;
  std::array<char, 4096> fault{};  // text; empty: none

  void count(Event event, std::uint64_t times = 1) { events[static_cast<std::size_t>(event)] += times; }
  void lose(const Lost& records) {
    if (lost_count < kLostMax) lost.at(lost_count++) = records;
  }
  /// Keeps the first.
  void report_fault(const char* text);
};

}  // namespace blockwatch::simulation
