// Points in time as nanoseconds since 1970-01-01T00:00:00Z, and their RFC 3339 text.
//
// An int64 of nanoseconds spans 1677-09-21 to 2262-04-11. RFC 3339 spans more; what lies outside saturates to
// kTimeMin or kTimeMax (decision 0002). Leap seconds are not counted: 23:59:60 reads as 23:59:59.999999999.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace blockwatch {

using TimeNs = std::int64_t;

inline constexpr TimeNs kTimeMin = std::numeric_limits<TimeNs>::min();
inline constexpr TimeNs kTimeMax = std::numeric_limits<TimeNs>::max();
/// "No time": a record without broker timestamp, a clock that has not started, an open bound.
inline constexpr TimeNs kNoTime = kTimeMin;

inline constexpr TimeNs kMillisecond = 1'000'000;
inline constexpr TimeNs kSecond = 1'000'000'000;
inline constexpr TimeNs kMinute = 60 * kSecond;
inline constexpr TimeNs kHour = 3600 * kSecond;
inline constexpr TimeNs kDay = 86400 * kSecond;

/// The number of the bucket of `length` ns that holds `time`; rounds toward the past, also before 1970.
constexpr std::int64_t bucket_of(TimeNs time, TimeNs length) {
  const std::int64_t q = time / length;
  return time % length < 0 ? q - 1 : q;
}

/// The first day, in days since 1970-01-01 UTC, of the month that holds `day`, and of the one
/// after it.
std::int64_t first_of_month(std::int64_t day);
std::int64_t first_of_next_month(std::int64_t day);

/// a + b, saturating.
constexpr TimeNs saturating_add(TimeNs a, TimeNs b) {
  if (b > 0 && a > kTimeMax - b) return kTimeMax;
  if (b < 0 && a < kTimeMin - b) return kTimeMin;
  return a + b;
}

/// RFC 3339 with offset, as the contract's `time`: `T` and `Z` in any case, seconds may be absent, digits
/// beyond nanoseconds are cut, `:60` only at 23:59:60 UTC on a month's last day. Empty result: it is not such
/// a text.
std::optional<TimeNs> parse_rfc3339(std::string_view text);
/// The same for where each event comes by; false: it is none, and `out` is undefined.
bool read_rfc3339(std::string_view text, TimeNs& out);

/// `2025-11-12` as 00:00 UTC of that day; empty result: it is not a date.
std::optional<TimeNs> parse_date(std::string_view text);

/// `2025-11-12T20:03:27.41Z`: UTC, no trailing zeros.
std::string format_time(TimeNs time);

/// `2025-11-12`, the UTC day that holds `time`.
std::string format_utc_day(TimeNs time);

/// `90s`, `5m`, `48h`, `7d` as nanoseconds; empty result: not of this form, or it does not fit.
std::optional<TimeNs> parse_duration(std::string_view text);

/// The shortest of the forms that parse_duration reads.
std::string format_duration(TimeNs duration);

/// The wall clock. Decides nothing about a count; see the contract's list of what it does decide.
TimeNs wall_clock_now();

}  // namespace blockwatch
