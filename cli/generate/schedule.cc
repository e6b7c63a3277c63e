#include "cli/generate/schedule.h"

#include <algorithm>
#include <array>

namespace blockwatch {
namespace {

// By hour in the middle of the country; a guess at a patrol's day.
constexpr std::array<std::uint64_t, 24> kHourWeights{30, 22, 18,  15,  15,  20, 35, 55, 75, 85, 90, 95,
                                                     95, 95, 100, 100, 100, 95, 90, 85, 75, 65, 50, 40};
constexpr TimeNs kMiddleOfTheCountry = -6 * kHour;
constexpr std::uint64_t kWeekdayWeight = 5, kWeekendWeight = 4;

bool is_weekend(std::int64_t day) {
  const std::int64_t since_thursday = ((day % 7) + 7) % 7;  // 1970-01-01 was one
  return since_thursday == 2 || since_thursday == 3;
}

std::uint64_t weight_of_hour(TimeNs hour_start) {
  const TimeNs local = hour_start + kMiddleOfTheCountry;
  const std::int64_t day = bucket_of(local, kDay);
  const auto hour = static_cast<std::size_t>((local - day * kDay) / kHour);
  return kHourWeights[hour] * (is_weekend(day) ? kWeekendWeight : kWeekdayWeight);
}

}  // namespace

Schedule::Schedule(TimeNs from, std::uint64_t days, std::uint64_t events) : from_(from), events_(events) {
  std::uint64_t sum = 0;
  ends_.reserve(days * 24);
  for (std::uint64_t hour = 0; hour < days * 24; ++hour) {
    sum += weight_of_hour(from + static_cast<TimeNs>(hour) * kHour);
    ends_.push_back(sum);
  }
}

TimeNs Schedule::time_of(std::uint64_t index, Random& random) const {
  using Wide = unsigned __int128;
  constexpr unsigned kFractionBits = 32;
  const Wide whole = Wide{ends_.back()} << kFractionBits;
  const Wide step = std::max<Wide>(whole / events_, 1);
  const Wide position = whole * index / events_ + random.below(static_cast<std::uint64_t>(step));
  const auto unit = static_cast<std::uint64_t>(position >> kFractionBits);
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), unit);
  const auto hour = static_cast<std::size_t>(end - ends_.begin());
  const std::uint64_t begin = hour == 0 ? 0 : ends_[hour - 1];
  const Wide into = position - (Wide{begin} << kFractionBits);
  const Wide length = Wide{*end - begin} << kFractionBits;
  return from_ + static_cast<TimeNs>(hour) * kHour + static_cast<TimeNs>(into * kHour / length);
}

}  // namespace blockwatch
