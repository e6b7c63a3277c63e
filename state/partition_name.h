// How a partition is named in every output: `TOPIC/PARTITION`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace blockwatch {

inline std::string partition_name(std::string_view topic, std::uint32_t partition) {
  return std::string(topic) + "/" + std::to_string(partition);
}

}  // namespace blockwatch
