#include "daemon/resident_memory.h"

#include <unistd.h>

#include <fstream>

namespace blockwatch {

std::optional<std::uint64_t> resident_bytes() {
  std::ifstream pages("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  if (!(pages >> all >> resident)) return std::nullopt;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace blockwatch
