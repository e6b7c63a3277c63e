// How much memory the process takes.
#pragma once

#include <cstdint>
#include <optional>

namespace blockwatch {

/// Bytes that lie in memory, as the kernel counts them; none: it does not say. Thread: any.
std::optional<std::uint64_t> resident_bytes();

}  // namespace blockwatch
