// The year that the letter of 12 November 2025 speaks of, its three figures, and the draw that meets them
// exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "cli/generate/random.h"

namespace blockwatch {

/// 2024-10-01T00:00:00Z to 2025-10-01T00:00:00Z: "in the year to 1 October 2025".
inline constexpr TimeNs kYearFrom = 1'727'740'800 * kSecond;
inline constexpr std::uint64_t kYearDays = 365;
inline constexpr TimeNs kYearTo = kYearFrom + static_cast<TimeNs>(kYearDays) * kDay;

/// A decimal number as it was written, so that nothing is lost before rounding.
struct Scale {
  std::uint64_t numerator = 1;
  std::uint64_t denominator = 1;  // a power of ten
};

/// `0.01`, `1`, `2.5`: above 0, at most 10, at most nine decimals. Empty result: not such a number.
std::optional<Scale> parse_scale(std::string_view text);

/// Messages counted in the year. `total` holds the other two.
struct YearFigures {
  std::uint64_t total = 290'000'000;
  std::uint64_t ice_excluding_hsi = 292'114;
  std::uint64_t hsi = 605'116;
};

/// The letter's figures, each scaled by itself and rounded to the nearest, a half up.
YearFigures scaled_figures(const Scale& scale);

enum class YearGroup : std::uint8_t { ice_excluding_hsi, hsi, other };

/// Draws without replacement from as many of each group as the figures say: whatever the seed, the last draw
/// leaves nothing, and at every moment each group is about as far as the year is.
class YearQuota {
 public:
  explicit YearQuota(const YearFigures& left) : left_(left) {}

  /// Changes nothing. Not once nothing is left.
  YearGroup draw(Random& random) const;
  /// Of a group that was drawn since the last take.
  void take(YearGroup group);
  const YearFigures& left() const { return left_; }

 private:
  YearFigures left_;
};

}  // namespace blockwatch
