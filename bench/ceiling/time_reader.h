// RFC 3339 to nanoseconds since 1970.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace blockwatch::bench {

/// Remembers the last date, since most events are of the same day. Thread: one.
class TimeReader {
 public:
  /// With offset; `T` and `Z` in any case, seconds may be absent, digits beyond nanoseconds are cut, `:60`
  /// only at 23:59:60 UTC on a month's last day. A time that 64 bits cannot hold becomes the nearest that
  /// they can. Empty result: it is no such text.
  std::optional<std::int64_t> read(std::string_view text);

 private:
  static constexpr std::size_t kDateSize = 10;

  bool read_date(const char* text);

  std::array<char, kDateSize> date_{};
  std::int64_t day_ = 0;  // of date_, since 1970
};

}  // namespace blockwatch::bench
