// Counts by code in a hash map, and the run that they become.
#pragma once

#include <cstdint>
#include <string>

#include <boost/unordered/unordered_flat_map.hpp>

namespace blockwatch {

using CodeCounts = boost::unordered_flat_map<std::uint64_t, std::uint64_t>;

/// Of kind `codes`. No count is 0.
std::string run_of(const CodeCounts& counts);

}  // namespace blockwatch
