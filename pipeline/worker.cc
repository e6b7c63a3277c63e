#include "pipeline/worker.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/prefetch.h"
#include "pipeline/apply.h"
#include "pipeline/commit_due.h"
#include "pipeline/committer.h"
#include "pipeline/feed_watch.h"
#include "pipeline/gap_text.h"
#include "pipeline/intake.h"
#include "pipeline/parse.h"
#include "state/partition_name.h"

namespace blockwatch {
namespace {

using Clock = std::chrono::steady_clock;
// A message is counted while what this many after it touch is on its way from the memory.
constexpr std::size_t kMessagesAhead = 4;
constexpr std::size_t kRecordsAhead = 16;

// The clocks of all partitions as one: the earliest. A partition at the end of its log takes the wall clock.
// kNoTime while one of them has not begun.
TimeNs earliest_clock(const std::vector<PartitionProgress>& progress, const std::set<std::uint32_t>& at_end,
                      TimeNs now) {
  TimeNs earliest = kTimeMax;
  for (const PartitionProgress& p : progress) {
    const TimeNs clock = at_end.contains(p.partition) ? std::max(p.clock, now) : p.clock;
    if (clock == kNoTime) return kNoTime;
    earliest = std::min(earliest, clock);
  }
  return earliest;
}

}  // namespace

struct Worker::Impl {
  Store& store;
  Source& source;
  RulesetHistory history;  // moves on to the applier
  Activations& activations;
  WorkerOptions options;
  Telemetry& telemetry;
  WorkerStatus& status;

  std::unique_ptr<Applier> applier{};
  Committer committer{store};
  struct InFlight {
    PendingWork work;
    std::uint64_t bytes = 0;
    TimeNs begun = 0;
  };
  std::optional<InFlight> in_flight{};  // the commit that the committer has
  std::set<std::uint32_t> at_end{};
  struct Waiting {
    Clock::time_point since;
    std::chrono::milliseconds age{0};  // at that moment
  };
  FeedWatch feed{store, options.topic, telemetry};
  std::optional<Intake> intake{};                     // from the start of the run
  std::uint64_t commits = 0;                          // begun since the start
  Clock::time_point batch_begun{};                    // when its first record was there
  std::optional<Waiting> alert{};                     // the first alertable record since the last commit
  std::map<std::uint32_t, std::uint64_t> consumed{};  // by partition, as of the last commit

  Expected<void> start() {
    auto made =
        Applier::create(store, std::move(history), source.partitions(),
                        {options.topic, options.lateness, options.dedup_window, options.memory,
                         source.cluster(), options.plain, !options.batch, [this] { committer.settle(); }});
    if (!made) return tl::unexpected(made.error());
    applier = std::move(*made);
    for (const PartitionProgress& p : applier->progress()) consumed[p.partition] = p.consumed();
    return {};
  }

  Waiting waiting_since_now(const ParsedRecord& parsed) const {
    const TimeNs broker_time = parsed.record.broker_time;
    const TimeNs made = broker_time != kNoTime ? broker_time : parsed.event.time;
    const TimeNs age = std::max<TimeNs>(0, saturating_add(options.wall_clock(), -made));
    return {Clock::now(), std::chrono::milliseconds(age / kMillisecond)};
  }

  void expect(const ParsedRecord& parsed) {
    if (!parsed.reason) applier->expect(parsed.record, parsed.event, parsed.fingerprint);
  }

  void count(const ParsedRecord& parsed) {
    if (parsed.reason) return applier->reject(parsed.record, *parsed.reason);
    applier->message(parsed.record, parsed.event, parsed.fingerprint);
    if (applier->pending().alertable && !alert) alert = waiting_since_now(parsed);
  }

  void count(const ParsedBatch& batch) {
    if (applier->pending().records == 0) batch_begun = Clock::now();
    const std::span<const ParsedRecord> records = batch.records();
    for (std::size_t i = 0; i < std::min(records.size(), kMessagesAhead); ++i) expect(records[i]);
    for (std::size_t i = 0; i < records.size(); ++i) {
      // Written on another core.
      if (i + kRecordsAhead < records.size())
        prefetch_lines(&records[i + kRecordsAhead], sizeof(ParsedRecord));
      if (i + kMessagesAhead < records.size()) expect(records[i + kMessagesAhead]);
      if (!at_end.empty()) at_end.erase(records[i].record.partition);
      count(records[i]);
    }
    for (const auto& last : batch.last_records)
      applier->last_record(last.partition, last.broker_time, last.payload);
    at_end.insert(batch.at_end.begin(), batch.at_end.end());
  }

  // On the disk at once: an operator reads it there, and a halted partition brings no commit of its own.
  Expected<void> take_findings(const ParsedBatch& batch) {
    for (const GapFound& gap : batch.gaps) {
      applier->gap(gap, options.wall_clock());
      telemetry.halted(options.topic, gap.partition, !gap.resumed_at);
    }
    for (const std::uint32_t partition : batch.verified) {
      applier->verified(partition, options.wall_clock());
      telemetry.halted(options.topic, partition, false);
    }
    for (const SilenceFound& silence : batch.silent) applier->silent(silence, options.wall_clock());
    if (applier->pending().gaps.empty() && batch.silent.empty()) return {};
    if (const auto done = commit_and_wait(kNoTime); !done) return done;
    const bool halted = std::any_of(batch.gaps.begin(), batch.gaps.end(),
                                    [](const GapFound& gap) { return !gap.resumed_at; });
    if (!options.batch || !halted) return {};
    return fail(ExitCode::state_damaged,
                "halted: a partition's log is not what the state counted on; blockwatch gaps list says why");
  }

  // Of the wall clock, and of partitions that have brought what there is.
  Expected<void> look_for_quiet() {
    if (options.batch || applier->pending().records != 0 || in_flight) return {};
    const TimeNs now = options.wall_clock();
    const std::vector<std::uint32_t> quiet = feed.look(at_end, now);
    for (const PartitionProgress& p : applier->progress()) {
      if (std::find(quiet.begin(), quiet.end(), p.partition) != quiet.end())
        applier->silent({p.partition, p.next_offset}, now);
    }
    return quiet.empty() ? Expected<void>() : commit_and_wait(kNoTime);
  }

  bool all_at_end() const { return at_end.size() == source.partitions().size(); }

  CommitFacts facts(bool drained) const {
    CommitFacts f;
    f.records = applier->pending().records;
    f.bytes = applier->pending_bytes();
    f.bytes_max = options.memory.commit;
    f.source_drained = drained;
    if (options.batch) return f;  // nobody waits
    f.commits = commits;
    f.age = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - batch_begun);
    if (alert) {
      f.alert_waiting = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - alert->since);
      f.alert_age = alert->age;
    }
    return f;
  }

  // In a batch incidents close at the end of the input only; live, as the clocks pass.
  TimeNs closing_clock() const {
    return options.batch ? kNoTime : earliest_clock(applier->progress(), at_end, options.wall_clock());
  }

  Expected<void> commit(TimeNs closing) {
    if (const auto done = collect(); !done) return done;
    in_flight = InFlight{applier->pending(), applier->pending_bytes(), options.wall_clock()};
    note_memory();
    TakenBatch taken = applier->take_batch(closing, in_flight->begun);
    alert.reset();
    ++commits;
    failpoint("worker_batch_taken");
    committer.start(std::move(taken));
    return {};
  }

  // Waits for the commit that is in flight, if one is.
  Expected<void> collect() {
    if (!in_flight) return {};
    Committer::Outcome outcome = committer.collect();
    if (!outcome.result) return outcome.result;
    failpoint("worker_committed");
    telemetry.committed(outcome.seconds);
    report(outcome.taken.batch, in_flight->work, in_flight->begun);
    intake->committed(outcome.taken.batch.progress);
    applier->reuse(std::move(outcome.taken.observations));
    in_flight.reset();
    note_memory();
    return {};
  }

  // At its most: a commit is being handed over; and when it is done.
  void note_memory() const {
    const WorkerMemory used = applier->memory_used();
    telemetry.memory_used(MemoryPart::ids, used.ids);
    telemetry.memory_used(MemoryPart::batches, intake->bytes());
    telemetry.memory_used(MemoryPart::commits, used.commit + (in_flight ? in_flight->bytes : 0));
    telemetry.memory_used(MemoryPart::unknown_oris, used.unknown_oris);
    telemetry.memory_used(MemoryPart::incidents, used.incidents);
  }

  Expected<void> commit_and_wait(TimeNs closing) {
    if (const auto done = commit(closing); !done) return done;
    return collect();
  }

  // What was read and not committed, and what is in flight.
  Expected<void> commit_rest() {
    return applier->pending().records != 0 ? commit_and_wait(kNoTime) : collect();
  }

  void report(const CommitBatch& batch, const PendingWork& work, TimeNs now) {
    for (const PartitionProgress& p : batch.progress) {
      telemetry.consumed(p.topic, p.partition,
                         p.consumed() - std::exchange(consumed[p.partition], p.consumed()), now);
    }
    for (std::size_t i = 0; i < kRejectReasonCount; ++i) {
      if (work.by_reason[i] != 0) telemetry.rejected(static_cast<RejectReason>(i), work.by_reason[i]);
    }
    for (std::size_t i = 0; i < kVerdictCount; ++i) {
      if (work.by_verdict[i] != 0) telemetry.observed(static_cast<Verdict>(i), work.by_verdict[i]);
    }
    status.records += work.records;
    if (work.jumps != 0) telemetry.jumped(work.jumps);
    for (const Gap& gap : work.gaps) report(gap);
  }

  void report(const Gap& gap) const {
    const std::string where = partition_name(options.topic, gap.partition);
    if (gap.state == GapState::cleared) {
      log::info("gap_cleared", "the log is the one that was counted on; counting goes on",
                {{"partition", where}, {"kind", name_of(gap.kind)}, {"position", gap.position}});
      return;
    }
    telemetry.gap_found(gap.kind);
    log::error("gap_found", sentence_of(gap),
               {{"partition", where}, {"kind", name_of(gap.kind)}, {"position", gap.position}});
  }

  // On the disk before anything is judged by it: a commit of its own.
  Expected<void> activate() {
    auto activation = activations.take();
    if (!activation) return {};
    const TimeNs from = applier->activate(std::move(*activation), options.wall_clock());
    if (const auto done = commit_and_wait(kNoTime); !done) return done;
    activations.done(from);
    return {};
  }

  // One turn of the loop.
  Expected<void> turn(const ParsedBatch& parsed) {
    if (activations.waiting()) {
      if (const auto done = activate(); !done) return done;
    }
    count(parsed);
    if (const auto done = take_findings(parsed); !done) return done;
    const bool due = commit_due(facts(parsed.drained));
    const TimeNs closing = closing_clock();
    const bool closes = parsed.drained && closing != kNoTime && applier->closes_any(closing);
    if (due || closes) {
      if (const auto done = commit(closing); !done) return done;
    }
    // Live there is nothing else to do meanwhile, and nothing may be left uncollected.
    if (parsed.drained || committer.is_done()) {
      if (const auto done = collect(); !done) return done;
    }
    if (const auto done = look_for_quiet(); !done) return done;
    status.at_end = all_at_end() && applier->pending().records == 0 && !in_flight;
    return {};
  }

  Expected<void> count_all() {
    while (true) {
      const ParsedBatch& parsed = intake->take();
      status.last_progress = options.wall_clock();
      if (const auto done = turn(parsed); !done) return done;
      if (!parsed.last) continue;
      if (options.batch && !parsed.error && all_at_end()) return finish_batch();
      // What was read before an error stands, and a restart goes on behind it.
      if (const auto done = commit_rest(); !done) return done;
      return parsed.error ? tl::unexpected(*parsed.error) : Expected<void>();
    }
  }

  Expected<void> finish_batch() {
    applier->mark_ended();
    return commit_and_wait(kTimeMax);
  }
};

Worker::Worker(Store& store, Source& source, RulesetHistory history, Activations& activations,
               WorkerOptions options, Telemetry& telemetry, WorkerStatus& status) {
  impl_.reset(
      new Impl{store, source, std::move(history), activations, std::move(options), telemetry, status});
}

Worker::~Worker() = default;

Expected<void> Worker::run(const std::atomic<bool>& stop) {
  if (const auto started = impl_->start(); !started) return started;
  impl_->intake.emplace(impl_->source, Parser(impl_->options.record_bytes_max, impl_->options.mapping),
                        impl_->store.identity().fingerprint_key, impl_->options.batch, stop,
                        impl_->options.memory.batches);
  const auto done = impl_->count_all();
  impl_->intake.reset();
  return done;
}

}  // namespace blockwatch
