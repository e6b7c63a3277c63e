// Reads every row of a state and names those that break the grammar of keys and values, or that another row
// contradicts (state/keys.h, state/codec.h). What the numbers mean is checked in query/fsck.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace blockwatch {

/// What a walk over all rows found.
struct RowCheck {
  /// Wrong rows beyond so many are counted, not described.
  static constexpr std::size_t kDescribedMax = 20;

  std::map<std::string, std::uint64_t> rows;  // by kind, as state/keys.h names it
  std::uint64_t wrong = 0;
  std::vector<std::string> described;  // "counters 43000000…: a run before it is missing"

  void add_wrong(std::string what) {
    if (++wrong <= kDescribedMax) described.push_back(std::move(what));
  }
};

}  // namespace blockwatch
