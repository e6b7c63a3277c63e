// Cells as the product makes them.
#pragma once

#include <array>

#include "state/cell.h"
#include "tests/unit/state/fixtures.h"

namespace blockwatch::test {

inline constexpr std::array<RunKind, kRunKindCount> kRunKinds{RunKind::codes, RunKind::minutes,
                                                              RunKind::oris};

/// Few agencies, channels and codes, many ORIs, each with one agency.
inline Cell usual_cell(Random& random, RunKind kind) {
  const std::uint64_t ori = random.below(18'000);
  DisclosureCell c;
  c.jurisdiction = static_cast<Jurisdiction>(random.below(kJurisdictionCount));
  c.agency = static_cast<DictionaryId>(ori % 120);
  c.channel = static_cast<DictionaryId>(random.below(3));
  c.cls = static_cast<Class>(random.below(3));
  c.photo = random.below(5) == 0;
  c.outcome = static_cast<Outcome>(random.below(kOutcomeCount));
  c.verdict = random.below(100) == 0 ? Verdict::blocked : Verdict::none;
  switch (kind) {
    case RunKind::codes:
      return {pack(c), 0};
    case RunKind::minutes:
      return {pack(c), static_cast<std::uint32_t>(random.below(kMinutesInRow))};
    case RunKind::oris:
      break;
  }
  return {pack(c), static_cast<std::uint32_t>(ori + 1)};
}

/// Now and then anything at all.
inline Cell random_cell(Random& random, RunKind kind) {
  if (random.below(50) != 0) return usual_cell(random, kind);
  const std::uint64_t detail = kind == RunKind::oris ? random.any_size() : random.below(kMinutesInRow);
  return {random.any_size(), kind == RunKind::codes ? 0 : static_cast<std::uint32_t>(detail)};
}

inline Cells random_cells(Random& random, std::size_t n, RunKind kind) {
  Cells cells;
  for (std::size_t i = 0; i < n; ++i)
    cells[random_cell(random, kind)] += 1 + random.below(3) * random.below(500);
  return cells;
}

}  // namespace blockwatch::test
