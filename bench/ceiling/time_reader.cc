#include "bench/ceiling/time_reader.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>

namespace blockwatch::bench {
namespace {

constexpr std::int64_t kNanosInSecond = 1'000'000'000;
constexpr std::int64_t kMinutesInDay = 1440;
constexpr std::int64_t kDaysMax = std::numeric_limits<std::int64_t>::max() / (86'400 * kNanosInSecond);
constexpr std::size_t kTimeAt = 11;      // behind `2025-11-12T`
constexpr std::size_t kShortest = 17;    // `2025-11-12T14:03Z`
constexpr std::size_t kOffsetSize = 6;   // `-06:00`
constexpr unsigned kNoNumber = 1 << 16;  // any number with it is beyond any bound

unsigned digit(char c) {
  const unsigned value = static_cast<unsigned char>(c) - unsigned{'0'};
  return value <= 9 ? value : kNoNumber;
}

unsigned two_digits(const char* text) {
  return digit(text[0]) * 10 + digit(text[1]);
}

/// Digits behind the point as nanoseconds; moves `rest` past them. False: there is none.
bool read_fraction(std::string_view& rest, std::int64_t& nanos) {
  std::size_t size = 0;
  std::int64_t unit = kNanosInSecond / 10;
  for (; size < rest.size() && digit(rest[size]) <= 9; ++size, unit /= 10) nanos += digit(rest[size]) * unit;
  rest.remove_prefix(size);
  return size > 0;
}

/// In minutes.
std::optional<std::int64_t> read_offset(std::string_view text) {
  if (text.size() == 1 && (text[0] == 'Z' || text[0] == 'z')) return 0;
  if (text.size() != kOffsetSize || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const unsigned hours = two_digits(text.data() + 1);
  const unsigned minutes = two_digits(text.data() + 4);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const std::int64_t all = std::int64_t{hours} * 60 + minutes;
  return text[0] == '-' ? -all : all;
}

bool is_last_minute_of_a_month(std::int64_t utc_minute) {
  using std::chrono::days;
  if ((utc_minute % kMinutesInDay + kMinutesInDay) % kMinutesInDay != kMinutesInDay - 1) return false;
  const std::int64_t next_day = (utc_minute + 1) / kMinutesInDay;
  const std::chrono::year_month_day date{std::chrono::sys_days{days{next_day}}};
  return date.day() == std::chrono::day{1};
}

}  // namespace

bool TimeReader::read_date(const char* text) {
  if (std::memcmp(text, date_.data(), kDateSize) == 0) return true;
  const unsigned year = two_digits(text) * 100 + two_digits(text + 2);
  const unsigned month = two_digits(text + 5);
  const unsigned day = two_digits(text + 8);
  if (year > 9999 || month > 12 || day > 31 || text[4] != '-' || text[7] != '-') return false;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!date.ok()) return false;
  std::memcpy(date_.data(), text, kDateSize);
  const std::int64_t since_epoch = std::chrono::sys_days{date}.time_since_epoch().count();
  day_ = std::clamp(since_epoch, -kDaysMax + 1, kDaysMax - 1);
  return true;
}

std::optional<std::int64_t> TimeReader::read(std::string_view text) {
  if (text.size() < kShortest || (text[10] | 0x20) != 't' || text[13] != ':' || !read_date(text.data())) {
    return std::nullopt;
  }
  const unsigned hour = two_digits(text.data() + kTimeAt);
  const unsigned minute = two_digits(text.data() + kTimeAt + 3);
  if (hour > 23 || minute > 59) return std::nullopt;
  std::string_view rest = text.substr(kTimeAt + 5);
  unsigned second = 0;
  std::int64_t nanos = 0;
  if (rest[0] == ':') {
    if (rest.size() < 4) return std::nullopt;
    second = two_digits(rest.data() + 1);
    if (second > 60) return std::nullopt;
    rest.remove_prefix(3);
    if (rest[0] == '.') {
      rest.remove_prefix(1);
      if (!read_fraction(rest, nanos)) return std::nullopt;
    }
  }
  const auto offset = read_offset(rest);
  if (!offset) return std::nullopt;
  const std::int64_t utc_minute = day_ * kMinutesInDay + hour * 60 + minute - *offset;
  if (second == 60) {
    if (!is_last_minute_of_a_month(utc_minute)) return std::nullopt;
    second = 59;
    nanos = kNanosInSecond - 1;
  }
  return (utc_minute * 60 + second) * kNanosInSecond + nanos;
}

}  // namespace blockwatch::bench
