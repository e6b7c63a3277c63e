// Whether a state agrees with itself: everything is counted in several ways, and each must say the same.
//
// Pages against each other (minutes, hours, days, months, ORIs), evidence against pages and incidents,
// offsets against fates, incidents against notifications, outputs against the log, versions against their
// digests, and every row against the grammar of the state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "state/store.h"

namespace blockwatch {

/// One thing that was compared.
struct Check {
  /// Differences beyond so many are counted, not described.
  static constexpr std::size_t kDescribedMax = 20;

  std::string name;  // "hours and days"
  std::uint64_t compared = 0;
  std::uint64_t wrong = 0;
  std::vector<std::string> described{};

  /// `otherwise` makes the text; called only where it is needed.
  template <class Text>
  void expect(bool is_right, Text&& otherwise) {
    ++compared;
    if (!is_right && ++wrong <= kDescribedMax) described.push_back(otherwise());
  }
};

/// All of them. Where rows cannot be read the others are not made. An error: the database cannot be read.
/// Memory: some 100 bytes a day and partition, and an incident.
Expected<std::vector<Check>> fsck(const Store& store);

/// How many differences there are.
std::uint64_t wrong_of(const std::vector<Check>& checks);

/// `{"wrong":0,"checks":[{"name":…,"compared":…,"wrong":…,"differences":[…]}]}`
std::string fsck_json(const std::vector<Check>& checks);

}  // namespace blockwatch
