#include "tests/simulation/plan.h"

#include <algorithm>
#include <array>

namespace blockwatch::simulation {
namespace {

constexpr TimeNs kMonth = 30 * kDay;

// Pieces of the pool one after the other, some of them twice: what stands close together there (a duplicate,
// a burst) does so here.
std::vector<LogRecord> make_log(Random& random, const World& world, std::size_t pool_size,
                                bool same_broker_time) {
  std::vector<LogRecord> log;
  std::uint64_t offset = random.percent(70) ? 0 : random.below(100'000);
  const auto add = [&](std::uint32_t number) {
    if (!log.empty() && random.percent(3)) offset += random.below(50);  // control records, compaction
    TimeNs broker_time = world.as_of;
    if (!same_broker_time)
      broker_time = world.base + random.between(0, world.days * 24) * kHour + random.between(0, 59) * kMinute;
    log.push_back({number, offset++, broker_time / kMillisecond * kMillisecond});
  };
  const std::uint64_t pieces = random.below(4);
  for (std::uint64_t i = 0; i < pieces; ++i) {
    const std::uint64_t size = random.percent(95) ? random.below(14) : random.below(120);
    const std::uint64_t first = random.below(pool_size);
    for (std::uint64_t n = first; n < std::min<std::uint64_t>(first + size, pool_size); ++n)
      add(static_cast<std::uint32_t>(n));
    if (log.empty() || !random.percent(25)) continue;
    const std::uint64_t again = random.below(log.size());
    const std::uint64_t end = std::min<std::uint64_t>(again + 1 + random.below(5), log.size());
    for (std::uint64_t n = again; n < end; ++n) add(log[n].number);
  }
  return log;
}

std::int64_t clock_change(Random& random) {
  constexpr std::array<std::int64_t, 4> kUnits{kSecond, kMinute, kHour, kDay};
  const std::int64_t change = random.between(1, 50) * kUnits.at(random.below(kUnits.size()));
  return random.percent(50) ? change : -change;
}

std::vector<Action> make_actions(Random& random, std::int64_t stop_after, bool with_disk) {
  std::vector<Action> actions;
  const auto some = [&](Action::Kind kind, unsigned share, auto value) {
    while (random.percent(share))
      actions.push_back(
          {static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(stop_after))), kind, value()});
  };
  some(Action::Kind::reload, 45, [] { return 0; });
  some(Action::Kind::set_clock, 15, [&] { return clock_change(random); });
  some(Action::Kind::replace_outputs, 10, [] { return 0; });
  if (with_disk) some(Action::Kind::fill_disk, 5, [&] { return random.between(1, 5'000) * kMillisecond; });
  std::stable_sort(actions.begin(), actions.end(),
                   [](const Action& a, const Action& b) { return a.at < b.at; });
  return actions;
}

// How it ends, if not by a stop.
void plan_end(Random& random, ProcessPlan& p) {
  const std::uint64_t kind = random.below(100);
  if (kind < 50) {
    constexpr std::array<DiskFault, 6> kFaults{DiskFault::before_write,  DiskFault::torn_write,
                                               DiskFault::before_sync,   DiskFault::after_sync,
                                               DiskFault::write_refused, DiskFault::sync_refused};
    p.disk.fault = kFaults.at(random.below(kFaults.size()));
    p.disk.while_opening = random.percent(8);
    p.disk.number = random.below(p.disk.while_opening ? 12 : 8);
  } else if (kind < 75) {
    p.dies_after = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(p.stop_after)));
    p.dies_at_place = random.below(300);
  } else if (kind < 85) {
    p.source_fails_at = random.below(12);
  }
  p.disk.power_cut = random.percent(40);
}

ProcessPlan make_process(Random& random, bool is_first, bool is_last) {
  ProcessPlan p;
  p.stop_after =
      random.percent(80) ? random.between(20, 1'500) * kMillisecond : random.between(1, 60) * kSecond;
  if (!is_last) plan_end(random, p);
  p.drains = is_last && random.percent(35);
  if (is_last && !p.drains && random.percent(40)) plan_end(random, p);
  p.actions = make_actions(random, p.stop_after, true);
  p.starts_with_other_version = !is_first && random.percent(12);
  p.finds_overrun = !is_first && random.percent(12);
  p.finds_truncated = !p.drains && random.percent(8);
  p.closes_database = random.percent(15);
  return p;
}

}  // namespace

Plan make_plan(std::uint64_t seed, const World& world) {
  Random random(seed, 1);
  Plan plan;
  plan.seed = seed;
  const bool same_broker_time = random.percent(70);
  for (const auto& pool : world.pools)
    plan.logs.push_back(make_log(random, world, pool.size(), same_broker_time));
  plan.wall_clock = random.percent(25) ? world.as_of + random.between(0, 1'000) * kHour
                                       : world.base + random.between(-24, world.days * 24) * kHour;
  plan.policy = static_cast<std::uint32_t>(random.below(world.policies()));
  plan.catalog = static_cast<std::uint32_t>(random.below(world.catalogs()));
  if (random.percent(50)) plan.max_age = random.percent(50) ? kDay : kMonth;
  constexpr std::array<unsigned, 4> kSwitches{0, 10, 60, 300};
  plan.switches_per_mille = kSwitches.at(random.below(kSwitches.size()));
  plan.produced_at_once = random.percent(40);
  const std::uint64_t processes = 1 + random.below(random.percent(80) ? 3 : 4);
  for (std::uint64_t i = 0; i < processes; ++i)
    plan.processes.push_back(make_process(random, i == 0, i + 1 == processes));
  return plan;
}

}  // namespace blockwatch::simulation
