// What the data path may hold in memory, or holds now; in bytes.
#pragma once

#include <cstdint>

namespace blockwatch {

struct WorkerMemory {
  std::uint64_t ids = 256ULL << 20U;          // remembered, of all partitions
  std::uint64_t batches = 40ULL << 20U;       // parsed, not counted yet
  std::uint64_t commit = 128ULL << 20U;       // one in the making; as much again while another is written
  std::uint64_t unknown_oris = 64ULL << 20U;  // which of them have a row of their own
  std::uint64_t incidents = 32ULL << 20U;     // that are open
};

}  // namespace blockwatch
