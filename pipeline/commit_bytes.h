// What a commit in the making takes in memory until it is on the disk. Pure.
//
// Estimates from above, of what is gathered, of what the committer makes of it, and of the batch that RocksDB
// is given: sizes of types, doubled where a vector grows, and what a run or a key costs besides.
#pragma once

#include <cstdint>

namespace blockwatch {

struct CommitContents {
  std::uint64_t records = 0;
  std::uint64_t observations = 0;
  std::uint64_t minutes = 0;  // of a partition, in which observations were
  std::uint64_t hours = 0;    // of a partition, in which anything was counted
  std::uint64_t evidence = 0;
  std::uint64_t rejects = 0;
  std::uint64_t incidents = 0;  // that changed
  std::uint64_t names = 0;      // that are new
};

/// In bytes.
constexpr std::uint64_t bytes_of(const CommitContents& c) {
  constexpr std::uint64_t kPerRecord = 96;  // its fingerprint, what it adds to `messages` and `quality`
  constexpr std::uint64_t kPerObservation =
      64;  // a row of 16 bytes, its word in three arrays while sorted, its cells
  constexpr std::uint64_t kPerMinute = 1024;  // five runs, where it shares none with another
  constexpr std::uint64_t kPerHour = 1024;    // a hash map, four runs
  constexpr std::uint64_t kPerEvidence = 256, kPerReject = 256;
  constexpr std::uint64_t kPerIncident = 4096;  // a part, the body of a notification
  constexpr std::uint64_t kPerName = 256;
  return c.records * kPerRecord + c.observations * kPerObservation + c.minutes * kPerMinute +
         c.hours * kPerHour + c.evidence * kPerEvidence + c.rejects * kPerReject +
         c.incidents * kPerIncident + c.names * kPerName;
}

}  // namespace blockwatch
