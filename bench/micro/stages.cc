// What each stage of the data path takes by itself, one thread, everything warm: `per_event` in the output.
//
// The stages up to judge take one message an iteration, the others 131,072, which is half of the largest
// commit.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"
#include "bench/micro/corpus.h"
#include "pipeline/apply.h"
#include "pipeline/expand.h"
#include "pipeline/parse.h"
#include "pipeline/ruleset_history.h"
#include "state/store.h"

namespace blockwatch::bench {
namespace {

void per_event(benchmark::State& state, double events_per_iteration = 1) {
  state.counters["per_event"] = benchmark::Counter(
      events_per_iteration, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Goes round and round.
template <class T>
class Ring {
 public:
  explicit Ring(const std::vector<T>& all) : all_(all) {}
  const T& next() {
    const T& one = all_[at_];
    at_ = at_ + 1 == all_.size() ? 0 : at_ + 1;
    return one;
  }

 private:
  const std::vector<T>& all_;
  std::size_t at_ = 0;
};

// The variable of Google Benchmark's own loop is never read.
// NOLINTBEGIN(clang-analyzer-deadcode.DeadStores)

void parse(benchmark::State& state) {
  Parser parser(65'536);
  QueryEvent event;
  Ring records(corpus().records);
  std::size_t bytes = 0;
  for (auto _ : state) {
    const SourceRecord& record = records.next();
    bytes += record.payload.size();
    benchmark::DoNotOptimize(parser.parse(record, event));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  per_event(state);
}
BENCHMARK(parse);

void fingerprint(benchmark::State& state) {
  Ring messages(corpus().messages);
  for (auto _ : state) benchmark::DoNotOptimize(siphash({1, 2}, messages.next().id));
  per_event(state);
}
BENCHMARK(fingerprint);

void parse_time(benchmark::State& state) {
  Ring times(corpus().times);
  TimeNs time = 0;
  for (auto _ : state) benchmark::DoNotOptimize(read_rfc3339(times.next(), time));
  per_event(state);
}
BENCHMARK(parse_time);

void resolve(benchmark::State& state) {
  const Ruleset& ruleset = *corpus().ruleset;
  Ring messages(corpus().messages);
  for (auto _ : state) {
    const QueryEvent& event = messages.next().event;
    benchmark::DoNotOptimize(ruleset.resolve(event.ori, event.line.view(), event.time));
  }
  per_event(state);
}
BENCHMARK(resolve);

void expand_destinations(benchmark::State& state) {
  const Ruleset& ruleset = *corpus().ruleset;
  Ring messages(corpus().messages);
  Expansion expansion;
  for (auto _ : state) benchmark::DoNotOptimize(expand(messages.next().event, ruleset, expansion));
  per_event(state);
}
BENCHMARK(expand_destinations);

/// A list of facts for each message.
std::vector<std::vector<JudgedFacts>> facts_of_messages() {
  std::vector<std::vector<JudgedFacts>> all;
  for (const Message& m : corpus().messages) {
    const Asker asker = corpus().ruleset->resolve(m.event.ori, m.event.line.view(), m.event.time);
    auto& facts = all.emplace_back();
    for (const Reach& reach : m.expansion.reach) {
      facts.push_back({m.event.time, asker.node, reach.jurisdiction, m.expansion.cls, m.expansion.photo,
                       m.event.channel.view(), m.event.purpose.view()});
    }
  }
  return all;
}

void judge(benchmark::State& state) {
  const Ruleset& ruleset = *corpus().ruleset;
  const auto all = facts_of_messages();
  Ring messages(all);
  std::vector<PolicyMatch> matches;
  for (auto _ : state) {
    for (const JudgedFacts& facts : messages.next()) {
      matches.clear();
      benchmark::DoNotOptimize(ruleset.judge(facts, matches));
    }
  }
  per_event(state);
}
BENCHMARK(judge);

/// A state of its own, and an applier that gets the corpus over and over, a day later and with other ids
/// each time.
class Counting {
 public:
  Counting() : dir_(std::filesystem::temp_directory_path() / ("stage_bench." + std::to_string(getpid()))) {
    std::filesystem::remove_all(dir_);
    auto store = Store::open(dir_, Store::Access::write);
    BW_CHECK(store.has_value());
    store_ = std::move(*store);
    auto applier =
        Applier::create(*store_, RulesetHistory::always(corpus().ruleset), {0}, {.topic = "stage_bench"});
    BW_CHECK(applier.has_value());
    applier_ = std::move(*applier);
    for (const Message& message : messages_)
      fingerprints_.push_back(siphash(store_->identity().fingerprint_key, message.id));
  }
  ~Counting() {
    applier_.reset();
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;

  void next_day() {
    for (Message& message : messages_) message.event.time += kDay;
    for (std::uint64_t& fingerprint : fingerprints_) fingerprint += 0x9E3779B97F4A7C15ULL;
  }
  void apply() {
    for (std::size_t n = 0; n < messages_.size(); ++n) {
      const QueryEvent& event = messages_[n].event;
      const SourceRecord record{0, offset_++, event.time, {}};
      applier_->expect(record, event, fingerprints_[n]);
      applier_->message(record, event, fingerprints_[n]);
    }
  }
  /// With the runs made, as the committer does.
  CommitBatch take() {
    TakenBatch taken = applier_->take_batch(kNoTime, wall_clock_now());
    taken.observations->take(taken.batch.runs);
    applier_->reuse(std::move(taken.observations));
    return std::move(taken.batch);
  }
  void commit(CommitBatch& batch) { BW_CHECK(store_->commit(batch).has_value()); }
  double size() const { return static_cast<double>(messages_.size()); }

 private:
  std::filesystem::path dir_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Applier> applier_;
  std::vector<Message> messages_ = corpus().messages;
  std::vector<std::uint64_t> fingerprints_;
  std::uint64_t offset_ = 0;
};

void apply(benchmark::State& state) {
  Counting counting;
  for (auto _ : state) {
    state.PauseTiming();
    counting.next_day();
    state.ResumeTiming();
    counting.apply();
    state.PauseTiming();
    benchmark::DoNotOptimize(counting.take());
    state.ResumeTiming();
  }
  per_event(state, counting.size());
}
BENCHMARK(apply)->Unit(benchmark::kMillisecond);

/// What is left of apply when the ids are all known: look-up, one counter.
void apply_duplicates(benchmark::State& state) {
  Counting counting;
  counting.next_day();
  counting.apply();
  for (auto _ : state) {
    counting.apply();
    state.PauseTiming();
    benchmark::DoNotOptimize(counting.take());
    state.ResumeTiming();
  }
  per_event(state, counting.size());
}
BENCHMARK(apply_duplicates)->Unit(benchmark::kMillisecond);

void take_batch(benchmark::State& state) {
  Counting counting;
  for (auto _ : state) {
    state.PauseTiming();
    counting.next_day();
    counting.apply();
    state.ResumeTiming();
    CommitBatch batch = counting.take();
    benchmark::DoNotOptimize(batch);
    state.PauseTiming();  // its destruction is the commit's
    batch = {};
    state.ResumeTiming();
  }
  per_event(state, counting.size());
}
BENCHMARK(take_batch)->Unit(benchmark::kMillisecond);

/// Runs merged and written, one fsync. In real time, on the disk that holds the temporary folder.
void commit(benchmark::State& state) {
  Counting counting;
  for (auto _ : state) {
    state.PauseTiming();
    counting.next_day();
    counting.apply();
    CommitBatch batch = counting.take();
    state.ResumeTiming();
    counting.commit(batch);
  }
  per_event(state, counting.size());
}
BENCHMARK(commit)->Unit(benchmark::kMillisecond)->UseRealTime();

// NOLINTEND(clang-analyzer-deadcode.DeadStores)

}  // namespace
}  // namespace blockwatch::bench
