#include "pipeline/feed_pattern.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace blockwatch {
namespace {

/// As good as impossible, as a natural logarithm.
const double kImpossible = std::log(1e-6);

/// Above the logarithm of the probability of `seen` or fewer where `mean` are expected, `seen` below it: the
/// terms of a Poisson distribution fall by at least seen / mean from one to the one before.
double log_probability(double seen, double mean) {
  const double term = -mean + seen * std::log(mean) - std::lgamma(seen + 1);
  return term - std::log1p(-seen / mean);
}

}  // namespace

std::optional<std::uint64_t> usual_messages(std::span<const std::uint64_t> weeks) {
  BW_CHECK(weeks.size() <= kPatternWeeks);
  while (!weeks.empty() && weeks.back() == 0) weeks = weeks.first(weeks.size() - 1);
  if (weeks.size() < kPatternWeeksMin) return std::nullopt;
  std::array<std::uint64_t, kPatternWeeks> sorted{};
  const auto end = std::copy(weeks.begin(), weeks.end(), sorted.begin());
  std::sort(sorted.begin(), end);
  return sorted[weeks.size() > kPatternWeeksMin ? 1 : 0];
}

Traffic traffic_of(std::uint64_t seen, std::uint64_t usual, TimeNs hour, TimeNs now) {
  const TimeNs over = std::clamp<TimeNs>(now - hour - kPatternGrace, 0, kHour);
  const double expected =
      static_cast<double>(usual) / 2 * static_cast<double>(over) / static_cast<double>(kHour);
  const auto messages = static_cast<double>(seen);
  if (seen > 0 && messages >= expected) return Traffic::enough;
  if (expected <= 0) return Traffic::cannot_tell;
  if (log_probability(messages, expected) < kImpossible) return Traffic::far_too_little;
  return Traffic::cannot_tell;
}

bool LagWatch::look(std::optional<std::uint64_t> lag, Clock::time_point now) {
  if (!lag || *lag == 0) {
    *this = LagWatch();
    return false;
  }
  if (last_ && now - *last_ < kStep) return false;
  // A look that comes much later says nothing of the minutes between.
  const bool is_next = last_ && now - *last_ < 2 * kStep;
  steps_ = is_next && *lag > lag_ ? steps_ + 1 : 0;
  if (is_next && *lag <= lag_) is_told_ = false;
  last_ = now;
  lag_ = *lag;
  return steps_ >= kStepsMax && *lag >= kLagMin && !std::exchange(is_told_, true);
}

}  // namespace blockwatch
