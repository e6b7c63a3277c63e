#include "tests/simulation/script.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

namespace blockwatch::simulation {
namespace {

std::size_t place_of(const std::vector<LogRecord>& log, std::uint64_t offset) {
  const auto at = std::lower_bound(log.begin(), log.end(), offset,
                                   [](const LogRecord& r, std::uint64_t o) { return r.offset < o; });
  return static_cast<std::size_t>(at - log.begin());
}

std::uint64_t end_of(const std::vector<LogRecord>& log) {
  return log.empty() ? 0 : log.back().offset + 1;
}

}  // namespace

ScriptedSource::ScriptedSource(const World& world, const Plan& plan, const ProcessPlan& process,
                               const std::vector<PartitionProgress>& progress, Outside& outside,
                               Random random)
    : world_(world),
      plan_(plan),
      process_(process),
      outside_(outside),
      random_(random),
      partitions_(plan.logs.size()) {
  for (std::uint32_t n = 0; n < plan.logs.size(); ++n) {
    numbers_.push_back(n);
    const auto known = std::find_if(progress.begin(), progress.end(), [n](const PartitionProgress& p) {
      return p.partition == n && p.consumed() != 0;
    });
    begin(n, known == progress.end() ? nullptr : &*known);
  }
}

void ScriptedSource::begin(std::uint32_t number, const PartitionProgress* progress) {
  const auto& log = plan_.logs[number];
  Partition& p = partitions_[number];
  p.was_counted = progress != nullptr;
  const std::uint64_t position = progress != nullptr ? progress->next_offset : 0;
  p.next = place_of(log, position);
  // One partition stays whole, so that the source never ends because all are halted.
  if (process_.finds_truncated && p.was_counted && number + 1 == plan_.logs.size() && number > 0) {
    p.gap = GapFound{number, GapKind::truncated, position, 0, position - 1, std::nullopt};
    return;
  }
  if (process_.finds_overrun && random_.percent(60)) overrun(number, position);
  const std::uint64_t start = outside_.log_start[number];
  if (start <= position) return;
  outside_.lose({number, position, start});
  p.next = place_of(log, start);
  if (p.was_counted)
    p.gap = GapFound{number, GapKind::retention_overrun, position, start, end_of(log), start};
}

// The oldest records that are left expire, but never the newest one.
void ScriptedSource::overrun(std::uint32_t number, std::uint64_t position) {
  const auto& log = plan_.logs[number];
  const std::size_t next = place_of(log, position);
  const std::size_t produced = std::min<std::size_t>(log.size(), outside_.produced[number]);
  if (produced < next + 2) return;
  std::uint64_t& start = outside_.log_start[number];
  start = std::max(start, log[next + 1 + random_.below(produced - next - 1)].offset);
}

bool ScriptedSource::has_more(std::uint32_t number) const {
  const Partition& p = partitions_[number];
  const bool is_halted = p.gap && !p.gap->resumed_at;
  return !p.is_new && !is_halted && p.next < outside_.produced[number];
}

bool ScriptedSource::has_handed_over_everything() const {
  for (const std::uint32_t n : numbers_)
    if (partitions_[n].is_new || partitions_[n].next < plan_.logs[n].size()) return false;
  return true;
}

void ScriptedSource::tell_beginnings(SourceBatch& batch) {
  for (const std::uint32_t n : numbers_) {
    Partition& p = partitions_[n];
    if (!p.is_new || random_.percent(20)) continue;
    p.is_new = false;
    if (p.gap) {
      batch.gaps.push_back(*p.gap);
      outside_.count(p.gap->resumed_at ? Event::data_gap : Event::halt);
    } else if (p.was_counted) {
      batch.verified.push_back(n);
      outside_.count(Event::verified);
    }
  }
}

void ScriptedSource::produce() {
  for (const std::uint32_t n : numbers_) {
    std::uint64_t& produced = outside_.produced[n];
    const std::uint64_t all = plan_.logs[n].size();
    if (plan_.produced_at_once || process_.drains) produced = all;
    if (random_.percent(35)) produced = std::min(all, produced + random_.below(9));
  }
}

void ScriptedSource::add(std::uint32_t number, SourceBatch& batch) {
  Partition& p = partitions_[number];
  const LogRecord& record = plan_.logs[number][p.next++];
  p.said_end = false;
  std::uint64_t& handed_over = outside_.handed_over[number];
  outside_.count(record.offset < handed_over ? Event::record_again : Event::record_handed_over);
  if (p.next > 1 && record.offset != plan_.logs[number][p.next - 2].offset + 1)
    outside_.count(Event::offset_jump);
  handed_over = std::max(handed_over, record.offset + 1);
  payloads_.push_back(world_.pools[number][record.number]);
  batch.records.push_back({number, record.offset, record.broker_time, {}});
}

void ScriptedSource::hand_over(std::size_t records, SourceBatch& batch) {
  while (records > 0) {
    std::vector<std::uint32_t> able;
    std::copy_if(numbers_.begin(), numbers_.end(), std::back_inserter(able),
                 [this](auto n) { return has_more(n); });
    if (able.empty()) break;
    const std::uint32_t number = able[random_.below(able.size())];
    for (std::size_t in_a_row = 1 + random_.below(6); in_a_row > 0 && records > 0 && has_more(number);
         --in_a_row, --records)
      add(number, batch);
  }
  for (std::size_t i = 0; i < payloads_.size(); ++i) batch.records[i].payload = payloads_[i];
}

void ScriptedSource::tell_ends(SourceBatch& batch) {
  for (const std::uint32_t n : numbers_) {
    Partition& p = partitions_[n];
    const bool is_halted = p.gap && !p.gap->resumed_at;
    if (p.is_new || is_halted || p.next < outside_.produced[n]) continue;
    if (std::exchange(p.said_end, true) && !random_.percent(30)) continue;
    batch.at_end.push_back(n);
  }
}

void ScriptedSource::wait(std::chrono::milliseconds timeout) {
  outside_.count(Event::empty_poll);
  sleep_for(timeout.count() * kMillisecond);
}

Expected<void> ScriptedSource::poll(std::chrono::milliseconds timeout, SourceBatch& batch) {
  for (std::string& payload : payloads_) std::memset(payload.data(), 'X', payload.size());
  payloads_.clear();
  if (process_.source_fails_at == polls_++) {
    outside_.count(Event::source_error);
    return fail(ExitCode::temporary, "the scripted source fails");
  }
  produce();
  constexpr std::array<std::int64_t, 4> kDelays{0, 0, 3, 90};
  sleep_for(random_.between(0, kDelays.at(random_.below(kDelays.size())) * kMillisecond));
  constexpr std::array<std::size_t, 5> kCuts{0, 3, 10, 40, 1'000};
  hand_over(random_.below(kCuts.at(random_.below(kCuts.size())) + 1), batch);
  tell_beginnings(batch);  // what it finds stands behind the records of its poll
  tell_ends(batch);
  if (random_.percent(1)) {
    const auto n = static_cast<std::uint32_t>(random_.below(numbers_.size()));
    batch.silent.push_back({n, plan_.logs[n].empty() ? 0 : plan_.logs[n][0].offset});
    outside_.count(Event::silence);
  }
  if (batch.records.empty() && batch.gaps.empty()) wait(timeout);
  return {};
}

void ScriptedSource::committed(std::span<const PartitionProgress> progress) {
  for (const PartitionProgress& p : progress) {
    if (p.next_offset > std::max(outside_.handed_over[p.partition], outside_.log_start[p.partition]))
      outside_.report_fault("the source was told of a commit beyond the records that it handed over");
    outside_.committed[p.partition] = std::max(outside_.committed[p.partition], p.next_offset);
  }
}

bool anchor_is_right(const World& world, const Plan& plan, const PartitionProgress& progress,
                     const SipKey& key) {
  const auto& log = plan.logs[progress.partition];
  const std::size_t next = place_of(log, progress.next_offset);
  if (!progress.anchor || next == 0) return false;
  const LogRecord& before = log[next - 1];
  return *progress.anchor == Anchor{"simulated", before.broker_time,
                                    siphash(key, world.pools[progress.partition][before.number])};
}

std::string output_name(std::size_t index) {
  return index == 0 ? "all" : "recent";
}

std::uint64_t hash_of(const Notification& n) {
  std::string text =
      n.id + '\n' + n.incident + '\n' + n.milestone + '\n' + std::to_string(n.sequence) + '\n' + n.body;
  return siphash(SipKey{}, text) | 1U;
}

namespace {

class ScriptedOutput final : public Output {
 public:
  ScriptedOutput(std::size_t index, Outside& outside, Random random, bool reliable)
      : index_(index), name_(output_name(index)), outside_(outside), random_(random), reliable_(reliable) {}

  const std::string& name() const override { return name_; }

  Expected<std::size_t> deliver(std::span<const Notification> notifications,
                                std::chrono::milliseconds timeout) override {
    check_order(notifications);
    const std::int64_t most = timeout.count() * kMillisecond;
    sleep_for(random_.between(0, std::min(most, 20 * kMillisecond)));
    if (reliable_ && random_.percent(70)) return accept(notifications, notifications.size());
    const std::uint64_t kind = random_.below(100);
    if (kind < 15) {
      outside_.count(Event::delivery_refused);
      return fail(ExitCode::temporary, "the scripted output refuses");
    }
    if (kind < 25) {
      outside_.count(Event::delivery_late);
      sleep_for(most);
      return 0;
    }
    const std::size_t some = random_.below(notifications.size() + 1);
    if (kind < 40) {
      outside_.count(Event::acknowledgement_lost);
      accept(notifications, some);
      return fail(ExitCode::temporary, "the connection of the scripted output broke");
    }
    if (kind < 60) {
      outside_.count(Event::partly_acknowledged);
      accept(notifications, notifications.size());
      return some;
    }
    if (kind < 70) return accept(notifications, some);
    return accept(notifications, notifications.size());
  }

 private:
  void check_order(std::span<const Notification> notifications) {
    if (notifications.empty()) outside_.report_fault("an output was given nothing");
    for (std::size_t i = 1; i < notifications.size(); ++i)
      if (notifications[i].sequence <= notifications[i - 1].sequence)
        outside_.report_fault("notifications were delivered out of order");
  }

  std::size_t accept(std::span<const Notification> notifications, std::size_t count) {
    for (const Notification& n : notifications.subspan(0, count)) {
      if (n.sequence >= kNotificationsMax) continue;
      std::uint64_t& before = outside_.accepted[index_][n.sequence];
      const std::uint64_t now = hash_of(n);
      outside_.count(before == 0 ? Event::delivered : Event::delivered_again);
      if (before != 0 && before != now) outside_.report_fault("a notification was sent again and differs");
      before = now;
    }
    return count;
  }

  const std::size_t index_;
  const std::string name_;
  Outside& outside_;
  Random random_;
  const bool reliable_;
};

}  // namespace

std::unique_ptr<Output> make_scripted_output(std::size_t index, Outside& outside, Random random,
                                             bool reliable) {
  return std::make_unique<ScriptedOutput>(index, outside, random, reliable);
}

}  // namespace blockwatch::simulation
