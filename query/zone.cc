#include "query/zone.h"

#include <chrono>
#include <exception>

#include <date/tz.h>

namespace blockwatch {
namespace {

TimeNs to_ns(date::sys_seconds time) {
  const auto seconds = time.time_since_epoch().count();
  constexpr auto kSecondsMax = kTimeMax / kSecond;
  if (seconds > kSecondsMax) return kTimeMax;
  if (seconds < -kSecondsMax) return kTimeMin;
  return seconds * kSecond;
}

}  // namespace

Expected<Zone> Zone::find(std::string_view name) {
  if (name == "UTC") return utc();
  try {
    const date::time_zone* zone = date::locate_zone(name);
    zone->get_info(date::sys_seconds{});  // reads the zone's file, which may turn out to be no zone
    return Zone(name, zone);
  } catch (const std::exception&) {
    return fail(ExitCode::usage,
                "unknown time zone '" + std::string(name) +
                    "' (IANA names such as America/Chicago, from the system's package tzdata)");
  }
}

std::int64_t Zone::local_day(TimeNs time) const {
  if (zone_ == nullptr) return bucket_of(time, kDay);
  if (time < begin_ || time >= end_) {
    const auto info = zone_->get_info(date::sys_seconds{std::chrono::seconds{bucket_of(time, kSecond)}});
    begin_ = to_ns(info.begin);
    end_ = to_ns(info.end);
    offset_ = info.offset.count() * kSecond;
  }
  return bucket_of(time + offset_, kDay);
}

TimeNs Zone::midnight(std::int64_t day) const {
  if (zone_ == nullptr) return day * kDay;
  const date::local_seconds local{date::local_days{date::days{static_cast<date::days::rep>(day)}}};
  // Of a midnight that comes twice the first; of one that is skipped, the old offset gives the instant of the
  // jump.
  const auto info = zone_->get_info(local);
  return day * kDay - info.first.offset.count() * kSecond;
}

std::string day_text(std::int64_t day) {
  return format_utc_day(day * kDay);
}
std::string month_text(std::int64_t day) {
  return day_text(day).substr(0, 7);
}

}  // namespace blockwatch
