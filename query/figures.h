// What a report counts: the figures of a row, a total or a line of the roll-up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <boost/container/deque.hpp>

#include "state/cell.h"

namespace blockwatch {

inline constexpr std::size_t kFigureCount = 13;
inline constexpr std::array<const char*, kFigureCount> kFigureNames{
    "requests", "answered", "no_record", "rejected", "error",  "unknown", "blocked",
    "leaks",    "excepted", "gap",       "watched",  "shadow", "photo"};
enum Figure : std::size_t {
  kRequests = 0,
  kFirstOutcome = 1,
  kBlocked = 6,
  kLeaks,
  kExcepted,
  kGap,
  kWatched,
  kShadow,
  kPhoto
};
/// By Figure. Of messages only the first is counted.
using Figures = std::array<std::uint64_t, kFigureCount>;
/// Of many rows, by place: grows without a copy, and figures stay where they are.
using FiguresList =
    boost::container::deque<Figures, void,
                            boost::container::deque_options<boost::container::block_size<512>>::type>;

/// The figure that a verdict adds to; `none` adds to none.
inline constexpr std::array<std::size_t, kVerdictCount> kFigureOfVerdict{kBlocked, kExcepted, kGap,
                                                                         kWatched, kShadow,   kFigureCount};

inline void add(Figures& figures, const DisclosureCell& cell, std::uint64_t count) {
  figures[kRequests] += count;
  figures[kFirstOutcome + static_cast<std::size_t>(cell.outcome)] += count;
  const std::size_t verdict = kFigureOfVerdict.at(static_cast<std::size_t>(cell.verdict));
  if (verdict < kFigureCount) figures[verdict] += count;
  if (cell.verdict == Verdict::blocked && cell.outcome == Outcome::answered) figures[kLeaks] += count;
  if (cell.photo) figures[kPhoto] += count;
}

inline void add(Figures& figures, const Figures& other) {
  for (std::size_t i = 0; i < kFigureCount; ++i) figures[i] += other[i];
}

}  // namespace blockwatch
