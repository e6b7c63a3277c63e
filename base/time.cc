#include "base/time.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "base/short_word.h"

namespace blockwatch {
namespace {

constexpr bool is_leap(int y) {
  return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

constexpr int days_in_month(int y, int m) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return m == 2 && is_leap(y) ? 29 : kDays[static_cast<std::size_t>(m - 1)];
}

// Days since 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-compatible low-level date
// algorithms").
constexpr std::int64_t days_from_civil(int y, int m, int d) {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

struct Civil {
  std::int64_t year;
  int month, day;
};

constexpr Civil civil_from_days(std::int64_t z) {
  z += 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int64_t doe = z - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {yoe + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

// The digits at `text`, all of which can be read, as a number. `good` becomes false where one is none; no
// branch a digit, since each event has a time of 17 and more.
template <std::size_t kCount>
int number_at(const char* text, bool& good) {
  unsigned value = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    good &= digit <= 9;
    value = value * 10 + digit;
  }
  return static_cast<int>(value);
}

// A reader that fails once and stays failed.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  template <std::size_t kCount>
  int digits() {
    bool good = text_.size() >= kCount;
    const int value = good ? number_at<kCount>(text_.data(), good) : 0;
    if (!good) return fail();
    text_.remove_prefix(kCount);
    return value;
  }
  bool accept(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  bool at_digit() const { return !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; }
  int fail() {
    failed_ = true;
    return 0;
  }
  bool failed() const { return failed_; }
  bool finished() const { return !failed_ && text_.empty(); }

 private:
  std::string_view text_;
  bool failed_ = false;
};

struct DateDigits {
  int year, month, day;
  bool valid() const { return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month); }
};

constexpr std::size_t kDateSize = 10;  // YYYY-MM-DD

// Eight characters, '0' for any digit.
struct Shape {
  consteval explicit Shape(std::string_view text) : word(short_word(text)) {
    for (unsigned i = 0; i < 8; ++i) others |= text[i] == '0' ? 0 : std::uint64_t{0xFF} << 8 * i;
  }
  std::uint64_t word;
  std::uint64_t others = 0;  // the bytes that are no digits
};
constexpr Shape kYearAndMonth("0000-00-");
constexpr Shape kDayAndTime("00T00:00");
constexpr Shape kDayAndSmallTime("00t00:00");

// The eight characters at `text` as numbers of two digits: byte i is that of the characters i and i + 1.
// `good` becomes false where they do not have the shape.
std::uint64_t pairs_at(const char* text, const Shape& shape, bool& good) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t digits = 0;
  std::memcpy(&digits, text, sizeof digits);
  digits ^= shape.word;
  good &= ((((digits + kOnes * (0x80 - 10)) | digits) & kOnes * 0x80) | (digits & shape.others)) == 0;
  return digits * 10 + (digits >> 8U);
}

int pair_of(std::uint64_t pairs, unsigned at) {
  return static_cast<int>(pairs >> 8 * at & 0xFFU);
}

// `year_and_month`: pairs of that shape.
DateDigits date_of(std::uint64_t year_and_month, int day) {
  return {pair_of(year_and_month, 0) * 100 + pair_of(year_and_month, 2), pair_of(year_and_month, 5), day};
}

std::int64_t read_fraction_ns(Reader& r) {
  constexpr std::array<std::int64_t, 10> kUnit{1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
                                               10'000,        1'000,       100,        10,        1};
  if (!r.at_digit()) return r.fail();
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; r.at_digit() && digits < 9; ++digits) value = value * 10 + r.digits<1>();
  while (r.at_digit()) r.digits<1>();
  return value * kUnit[digits];
}

std::int64_t read_offset_minutes(Reader& r) {
  if (r.accept('Z') || r.accept('z')) return 0;
  const int sign = r.accept('+') ? 1 : r.accept('-') ? -1 : r.fail();
  const int hours = r.digits<2>();
  r.expect(':');
  const int minutes = r.digits<2>();
  if (hours > 23 || minutes > 59) return r.fail();
  return sign * (hours * 60 + minutes);
}

TimeNs saturated(std::int64_t seconds, std::int64_t ns) {
  constexpr std::int64_t kMaxSeconds = kTimeMax / kSecond - 1;
  if (seconds > kMaxSeconds) return kTimeMax;
  if (seconds < -kMaxSeconds) return kTimeMin + 1;  // kTimeMin itself means "no time"
  return seconds * kSecond + ns;
}

bool is_last_day_of_month(std::int64_t days) {
  return civil_from_days(days + 1).day == 1;
}

constexpr std::array<std::pair<char, TimeNs>, 4> kUnits{
    {{'d', kDay}, {'h', kHour}, {'m', kMinute}, {'s', kSecond}}};

}  // namespace

bool read_rfc3339(std::string_view text, TimeNs& out) {
  constexpr std::size_t kFixed = kDateSize + 6;  // Thh:mm
  if (text.size() <= kFixed) return false;
  bool good = true;
  const std::uint64_t head = pairs_at(text.data(), kYearAndMonth, good);
  const std::uint64_t tail =
      pairs_at(text.data() + 8, text[10] == 't' ? kDayAndSmallTime : kDayAndTime, good);
  if (!good) return false;
  const DateDigits date = date_of(head, pair_of(tail, 0));
  const int hour = pair_of(tail, 3);
  const int minute = pair_of(tail, 6);

  Reader r(text.substr(kFixed));
  int second = 0;
  std::int64_t ns = 0;
  if (r.accept(':')) {
    second = r.digits<2>();
    if (r.accept('.')) ns = read_fraction_ns(r);
  }
  const std::int64_t offset = read_offset_minutes(r);
  if (!r.finished() || !date.valid() || hour > 23 || minute > 59 || second > 60) return false;
  const std::int64_t minutes =
      days_from_civil(date.year, date.month, date.day) * 1440 + hour * 60 + minute - offset;
  if (second == 60) {
    const std::int64_t day = bucket_of(minutes, 1440);
    if (minutes - day * 1440 != 1439 || !is_last_day_of_month(day)) return false;
    out = saturated(minutes * 60 + 59, kSecond - 1);
    return true;
  }
  out = saturated(minutes * 60 + second, ns);
  return true;
}

std::int64_t first_of_month(std::int64_t day) {
  return day - (civil_from_days(day).day - 1);
}

std::int64_t first_of_next_month(std::int64_t day) {
  return first_of_month(first_of_month(day) + 31);
}

std::optional<TimeNs> parse_rfc3339(std::string_view text) {
  TimeNs time = 0;
  return read_rfc3339(text, time) ? std::optional(time) : std::nullopt;
}

std::optional<TimeNs> parse_date(std::string_view text) {
  if (text.size() != kDateSize) return std::nullopt;
  bool good = true;
  const std::uint64_t head = pairs_at(text.data(), kYearAndMonth, good);
  const DateDigits date = date_of(head, number_at<2>(text.data() + 8, good));
  if (!good || !date.valid()) return std::nullopt;
  return saturated(days_from_civil(date.year, date.month, date.day) * 86400, 0);
}

std::string format_utc_day(TimeNs time) {
  const Civil c = civil_from_days(bucket_of(time, kDay));
  std::array<char, 32> out{};
  const int n = std::snprintf(out.data(), out.size(), "%04lld-%02d-%02d", static_cast<long long>(c.year),
                              c.month, c.day);
  return {out.data(), static_cast<std::size_t>(n)};
}

std::string format_time(TimeNs time) {
  // Not by the day's beginning: that of the first day of all is before the first time.
  const TimeNs rest = time % kDay < 0 ? time % kDay + kDay : time % kDay;
  const auto seconds = static_cast<int>(rest / kSecond);
  const auto ns = static_cast<int>(rest % kSecond);
  std::array<char, 32> out{};
  int n = std::snprintf(out.data(), out.size(), "T%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60,
                        seconds % 60);
  std::string text = format_utc_day(time);
  text.append(out.data(), static_cast<std::size_t>(n));
  if (ns != 0) {
    n = std::snprintf(out.data(), out.size(), ".%09d", ns);
    text.append(out.data(), static_cast<std::size_t>(n));
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + 'Z';
}

std::optional<TimeNs> parse_duration(std::string_view text) {
  std::int64_t n = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, n);
  if (error != std::errc() || rest + 1 != end || n < 0) return std::nullopt;
  for (const auto& [letter, unit] : kUnits) {
    if (*rest == letter) return n > kTimeMax / unit ? std::nullopt : std::optional<TimeNs>(n * unit);
  }
  return std::nullopt;
}

std::string format_duration(TimeNs duration) {
  for (const auto& [letter, unit] : kUnits) {
    if (duration % unit == 0 && duration != 0) return std::to_string(duration / unit) + letter;
  }
  return std::to_string(duration / kSecond) + 's';
}

TimeNs wall_clock_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace blockwatch
