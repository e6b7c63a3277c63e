// Opening a state whose write-ahead log is damaged in its middle: what stands before the damage is kept, what
// was committed behind it is given up, and the daemon counts that again from the topic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace blockwatch {

/// That a state went back, kept for ever. Where it then stood.
struct Rollback {
  struct Position {
    std::uint32_t partition = 0;
    std::uint32_t epoch = 0;
    std::uint64_t next_offset = 0;
  };
  TimeNs at = kNoTime;  // wall clock
  std::vector<Position> positions;
};

std::string encode(const Rollback& rollback);
/// False: the bytes are damaged.
bool decode(std::string_view bytes, Rollback& out);

/// Takes the state's lock. Empty: the state opens as it is, and nothing was done. The damaged log is kept in
/// DIR/rolled-back-TIME/. Exit 65: the damage is not in the log alone; then only a backup helps.
Expected<std::optional<Rollback>> roll_back(const std::string& dir, TimeNs now);

}  // namespace blockwatch
