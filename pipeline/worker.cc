#include "pipeline/worker.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/failpoint.h"
#include "pipeline/apply.h"
#include "pipeline/commit_due.h"
#include "pipeline/expand.h"
#include "pipeline/parse.h"

namespace blockwatch {
namespace {

using Clock = std::chrono::steady_clock;
// How long an idle poll waits: bounds how late a stop is noticed.
constexpr std::chrono::milliseconds kIdlePoll{100};

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

  Parser parser;
  QueryEvent event{};
  Expansion expansion{};
  SourceBatch records{};
  std::unique_ptr<Applier> applier{};
  std::set<std::uint32_t> at_end{};
  std::optional<Clock::time_point> first_alertable{};
  std::map<std::uint32_t, std::uint64_t> consumed{};  // by partition, as of the last commit

  Expected<void> start() {
    auto made =
        Applier::create(store, std::move(history), source.partitions(),
                        {options.topic, options.lateness, options.dedup_window, options.dedup_bytes_max});
    if (!made) return tl::unexpected(made.error());
    applier = std::move(*made);
    for (const PartitionProgress& p : applier->progress()) consumed[p.partition] = p.consumed();
    return {};
  }

  void handle(const SourceRecord& record) {
    std::optional<RejectReason> reason = parser.parse(record, event);
    if (!reason) reason = expand(event, applier->ruleset_at(event.time), expansion);
    if (reason)
      applier->reject(record, *reason);
    else
      applier->message(record, event, expansion);
  }

  void handle_batch() {
    for (const SourceRecord& record : records.records) {
      at_end.erase(record.partition);
      handle(record);
    }
    at_end.insert(records.at_end.begin(), records.at_end.end());
    if (applier->pending().alertable && !first_alertable) first_alertable = Clock::now();
  }

  bool all_at_end() const { return at_end.size() == source.partitions().size(); }

  CommitFacts facts() const {
    CommitFacts f;
    f.records = applier->pending().records;
    f.source_drained = records.records.empty();
    if (first_alertable)
      f.alert_waiting =
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *first_alertable);
    return f;
  }

  // In a batch incidents close at the end of the input only; live, as the clocks pass.
  TimeNs closing_clock() const {
    return options.batch ? kNoTime : earliest_clock(applier->progress(), at_end, wall_clock_now());
  }

  Expected<void> commit(TimeNs closing) {
    const PendingWork work = applier->pending();
    const TimeNs now = wall_clock_now();
    CommitBatch batch = applier->take_batch(closing, now);
    first_alertable.reset();
    failpoint("worker_batch_taken");
    const auto begin = Clock::now();
    if (const auto done = store.commit(batch); !done) return done;
    failpoint("worker_committed");
    telemetry.committed(std::chrono::duration<double>(Clock::now() - begin).count());
    report(batch, work, now);
    source.committed(batch.progress);
    return {};
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
  }

  // On the disk before anything is judged by it: a commit of its own.
  Expected<void> activate() {
    auto activation = activations.take();
    if (!activation) return {};
    const TimeNs from = applier->activate(std::move(*activation), wall_clock_now());
    if (const auto done = commit(kNoTime); !done) return done;
    activations.done(from);
    return {};
  }

  // One turn of the loop; the poll has filled `records`.
  Expected<void> turn() {
    if (activations.waiting()) {
      if (const auto done = activate(); !done) return done;
    }
    handle_batch();
    const bool due = commit_due(facts());
    const TimeNs closing = closing_clock();
    const bool closes = records.records.empty() && closing != kNoTime && applier->closes_any(closing);
    if (due || closes) {
      if (const auto done = commit(closing); !done) return done;
    }
    status.at_end = all_at_end() && applier->pending().records == 0;
    return {};
  }

  Expected<void> finish_batch() {
    applier->mark_ended();
    return commit(kTimeMax);
  }
};

Worker::Worker(Store& store, Source& source, RulesetHistory history, Activations& activations,
               WorkerOptions options, Telemetry& telemetry, WorkerStatus& status) {
  const std::uint64_t record_bytes_max = options.record_bytes_max;
  std::optional<SourceMapping> mapping = std::move(options.mapping);
  impl_.reset(new Impl{store, source, std::move(history), activations, std::move(options), telemetry, status,
                       Parser(record_bytes_max, std::move(mapping))});
}

Worker::~Worker() = default;

Expected<void> Worker::run(const std::atomic<bool>& stop) {
  if (const auto started = impl_->start(); !started) return started;
  while (!stop) {
    const bool pending = impl_->applier->pending().records != 0;
    impl_->records.clear();
    if (const auto polled =
            impl_->source.poll(pending ? std::chrono::milliseconds(0) : kIdlePoll, impl_->records);
        !polled) {
      // What was read before it stands, and a restart goes on behind it.
      if (pending) {
        if (const auto done = impl_->commit(kNoTime); !done) return done;
      }
      return polled;
    }
    impl_->status.last_progress = wall_clock_now();
    if (const auto done = impl_->turn(); !done) return done;
    if (impl_->options.batch && impl_->all_at_end() && impl_->records.records.empty())
      return impl_->finish_batch();
  }
  return impl_->applier->pending().records == 0 ? Expected<void>() : impl_->commit(kNoTime);
}

}  // namespace blockwatch
