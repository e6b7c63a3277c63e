#include "cli/generate/year_figures.h"

#include "base/check.h"

namespace blockwatch {
namespace {

constexpr std::uint64_t kScaleMax = 10, kDecimalsMax = 9;

std::uint64_t scaled(std::uint64_t figure, const Scale& scale) {
  using Wide = unsigned __int128;
  const Wide doubled = Wide{figure} * scale.numerator * 2 + scale.denominator;
  return static_cast<std::uint64_t>(doubled / (Wide{scale.denominator} * 2));
}

}  // namespace

std::optional<Scale> parse_scale(std::string_view text) {
  Scale scale{.numerator = 0, .denominator = 1};
  bool point = false;
  std::size_t digits = 0;
  std::size_t decimals = 0;
  for (const char c : text) {
    if (c == '.' && !point && digits > 0) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || scale.numerator > kScaleMax * scale.denominator) return std::nullopt;
    if (point && ++decimals > kDecimalsMax) return std::nullopt;
    ++digits;
    scale.numerator = scale.numerator * 10 + static_cast<std::uint64_t>(c - '0');
    if (point) scale.denominator *= 10;
  }
  const bool complete = digits > 0 && (!point || decimals > 0);
  if (!complete || scale.numerator == 0 || scale.numerator > kScaleMax * scale.denominator)
    return std::nullopt;
  return scale;
}

YearFigures scaled_figures(const Scale& scale) {
  const YearFigures letter;
  return {.total = scaled(letter.total, scale),
          .ice_excluding_hsi = scaled(letter.ice_excluding_hsi, scale),
          .hsi = scaled(letter.hsi, scale)};
}

YearGroup YearQuota::draw(Random& random) const {
  BW_CHECK(left_.total > 0);
  const std::uint64_t one = random.below(left_.total);
  if (one < left_.ice_excluding_hsi) return YearGroup::ice_excluding_hsi;
  return one - left_.ice_excluding_hsi < left_.hsi ? YearGroup::hsi : YearGroup::other;
}

void YearQuota::take(YearGroup group) {
  --left_.total;
  if (group == YearGroup::ice_excluding_hsi) --left_.ice_excluding_hsi;
  if (group == YearGroup::hsi) --left_.hsi;
}

}  // namespace blockwatch
