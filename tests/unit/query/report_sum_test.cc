// Reports of random spans against the plain sum over the observations themselves.
#include <array>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "fake_snapshot.h"
#include "query/report.h"
#include "query/zone.h"

namespace blockwatch {
namespace {

constexpr int kObservations = 400;
constexpr int kReports = 300;

struct World {
  FakeSnapshot state;
  std::vector<std::pair<TimeNs, Seen>> observations;
};

World make_world(std::mt19937_64& random) {
  World world;
  const TimeNs begin = at("2025-10-20T00:00:00Z");
  const auto minutes = static_cast<std::uint64_t>(20 * kDay / kMinute);
  for (int i = 0; i < kObservations; ++i) {
    Seen seen;
    seen.agency = random() % 2 == 0 ? "ice" : "hsi";
    seen.jurisdiction = random() % 2 == 0 ? "IL" : "NY";
    seen.outcome = static_cast<Outcome>(random() % kOutcomeCount);
    const TimeNs time = begin + static_cast<TimeNs>(random() % minutes) * kMinute +
                        static_cast<TimeNs>(random() % 60) * kSecond;
    world.state.observe(time, seen, static_cast<std::uint32_t>(random() % 3));
    world.observations.emplace_back(time, seen);
  }
  return world;
}

TEST(ReportSum, EqualsTheObservationsInAnySpanAndZone) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const World world = make_world(random);
  int answered = 0;
  for (int i = 0; i < kReports; ++i) {
    const char* zone_name = std::array{"UTC", "America/Chicago", "Asia/Kathmandu"}.at(random() % 3);
    const Zone zone = Zone::find(zone_name).value();
    const bool by_day = random() % 2 == 0;
    const TimeNs step = std::array{kMinute, kHour, kDay}.at(random() % 3);
    const TimeNs from = at("2025-10-18T00:00:00Z") +
                        static_cast<TimeNs>(random() % static_cast<std::uint64_t>(23 * kDay / step)) * step;
    const TimeNs to =
        from + static_cast<TimeNs>(random() % static_cast<std::uint64_t>(8 * kDay / step)) * step;
    ReportRequest request;
    request.from = format_time(from);
    request.to = format_time(to);
    request.zone = zone_name;
    request.by = {"jurisdiction", by_day ? "day" : "month"};
    const auto report = make_report(world.state, request, 0);
    if (!report) continue;  // minutes that are no longer kept
    ++answered;
    std::map<std::vector<std::string>, std::uint64_t> wanted, got;
    for (const auto& [time, seen] : world.observations) {
      if (time < from || time >= to) continue;
      const auto day = zone.local_day(time);
      ++wanted[{seen.jurisdiction, by_day ? day_text(day) : month_text(day)}];
    }
    for (const auto& row : report->rows)
      got[{report->label(row, 0), report->label(row, 1)}] = report->figures_of(row)[0];
    EXPECT_EQ(got, wanted) << request.from << " " << request.to << " " << zone_name;
  }
  EXPECT_GT(answered, kReports / 10);
}

}  // namespace
}  // namespace blockwatch
