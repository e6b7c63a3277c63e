// A time zone as reports need it: which local day holds an instant, and when a local day begins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace date {
class time_zone;
}

namespace blockwatch {

/// A zone of the system's IANA data; UTC needs none. A value; one thread at a time (it remembers the last
/// offset).
class Zone {
 public:
  static Zone utc() { return Zone("UTC", nullptr); }
  /// Error 64: no such zone.
  static Expected<Zone> find(std::string_view name);

  const std::string& name() const { return name_; }
  /// The local date at `time`, in days since 1970-01-01.
  std::int64_t local_day(TimeNs time) const;
  /// The first instant of that local day; where the clock skips midnight, the instant of the jump.
  TimeNs midnight(std::int64_t day) const;

 private:
  Zone(std::string_view name, const date::time_zone* zone) : name_(name), zone_(zone) {}

  std::string name_;
  const date::time_zone* zone_;  // none: UTC
  // The offset that holds in [begin, end): most instants asked for lie close together.
  mutable TimeNs begin_ = 0, end_ = 0, offset_ = 0;
};

/// `2025-11-12` and `2025-11` of a date in days since 1970-01-01.
std::string day_text(std::int64_t day);
std::string month_text(std::int64_t day);

}  // namespace blockwatch
