// The data path on a real store with a scripted source: what is counted, and that stops and restarts change
// nothing.
#include "pipeline/worker.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "config/catalog.h"
#include "config/policy.h"
#include "pipeline/apply.h"
#include "pipeline/parse.h"
#include "state/cell.h"

namespace blockwatch {
namespace {

constexpr std::string_view kAgencies = R"(
[[agency]]
id = "dhs"
[[agency]]
id = "ice"
parent = "dhs"
[[agency]]
id = "hsi"
parent = "ice"
[[agency]]
id = "local"
)";
constexpr std::string_view kOris =
    "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\n"
    "VTICE0900,ice,,FE,active,,VT,,,\n"
    "DCHSI0000,hsi,,FE,active,,DC,,,\n"
    "IL0160000,local,,PD,active,,IL,,,\n"
    "IL0160001,local,,PD,inactive,,IL,,,\n";
constexpr std::string_view kPolicy = R"(
[[block]]
id = "il-ice"
jurisdictions = ["IL"]
agencies = ["ice"]
ordered_at = 2025-01-01T00:00:00Z
enforce_from = 2025-01-15T00:00:00Z
authority = "order 1"
[[block.exception]]
reference = "case 1"
agencies = ["hsi"]
purposes = ["C"]
expires_at = 2025-03-01T00:00:00Z
max_uses = 2
)";

// Hands out prepared records, at most `step` a poll; then stands at the end.
class ScriptedSource : public Source {
 public:
  explicit ScriptedSource(std::vector<std::uint32_t> partitions) : partitions_(std::move(partitions)) {}
  void add(std::uint32_t partition, std::string payload, TimeNs broker_time = kNoTime) {
    script_.push_back({partition, next_[partition]++, broker_time, std::move(payload)});
  }
  // From this offset on; what is between is not there.
  void jump(std::uint32_t partition, std::uint64_t offset) { next_[partition] = offset; }
  // Found behind all records that were added before, with the first poll that has nothing left.
  std::vector<GapFound> gaps;
  std::vector<std::uint32_t> verified;
  // What a source made from the store's offsets would deliver.
  void skip_to(const std::vector<PartitionProgress>& progress) {
    for (const PartitionProgress& p : progress) {
      std::erase_if(script_,
                    [&](const Line& l) { return l.partition == p.partition && l.offset < p.next_offset; });
    }
  }
  std::size_t step = 3;

  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
  Expected<void> poll(std::chrono::milliseconds, SourceBatch& batch) override {
    given_.clear();
    for (std::size_t i = 0; i < step && !script_.empty(); ++i) {
      given_.push_back(std::move(script_.front()));
      script_.pop_front();
    }
    for (const Line& l : given_) batch.records.push_back({l.partition, l.offset, l.broker_time, l.payload});
    if (script_.empty()) {
      batch.at_end = partitions_;
      batch.gaps = std::exchange(gaps, {});
      batch.verified = std::exchange(verified, {});
    }
    if (script_.empty() && batch.records.empty() && on_idle) on_idle();
    return {};
  }
  void committed(std::span<const PartitionProgress>) override {}
  std::function<void()> on_idle;

 private:
  struct Line {
    std::uint32_t partition;
    std::uint64_t offset;
    TimeNs broker_time;
    std::string payload;
  };
  std::vector<std::uint32_t> partitions_;
  std::map<std::uint32_t, std::uint64_t> next_;
  std::deque<Line> script_;
  std::deque<Line> given_;
};

std::string query(std::string_view id, std::string_view time, std::string_view ori,
                  std::string_view more = "") {
  return R"({"id":")" + std::string(id) + R"(","time":")" + std::string(time) +
         R"(","message_key":"DQ","origin":{"ori":")" + std::string(ori) + R"("},"destinations":["IL"])" +
         std::string(more) + "}";
}

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() {
    dir_ = std::filesystem::temp_directory_path() / ("blockwatch-worker-" + to_hex(random_bytes(8)));
    Diagnostics diagnostics;
    auto catalog =
        parse_catalog("agencies.toml", std::string(kAgencies), "oris.csv", std::string(kOris), diagnostics);
    auto policy = parse_policy("policy.toml", std::string(kPolicy), *catalog, diagnostics);
    ruleset_ = Ruleset::compile(std::make_shared<const Catalog>(std::move(*catalog)),
                                std::make_shared<const Policy>(std::move(*policy)));
    open();
  }
  ~WorkerTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void open() {
    store_.reset();
    auto opened = Store::open(dir_.string(), Store::Access::write);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  void run(ScriptedSource& source, bool batch = true) {
    const auto done = result_of(source, batch);
    ASSERT_TRUE(done) << done.error().message;
  }
  Expected<void> result_of(ScriptedSource& source, bool batch) {
    source.skip_to(store_->snapshot()->partitions());
    std::atomic<bool> stop{false};
    if (!batch) source.on_idle = [&] { stop = true; };
    Telemetry telemetry;
    WorkerStatus status;
    WorkerOptions options;
    options.topic = "t";
    options.batch = batch;
    options.plain = plain_;
    options.memory = memory_;
    if (now_ != kNoTime) options.wall_clock = [this] { return now_; };
    Worker worker(*store_, source, RulesetHistory::always(ruleset_), activations_, options, telemetry,
                  status);
    return worker.run(stop);
  }
  // Its day is the wall clock's.
  std::vector<IncidentSummary> data_gaps() {
    auto incidents = store_->snapshot()->incidents("", "");
    std::erase_if(incidents, [](const IncidentSummary& i) { return i.key.kind != "data_gap"; });
    return incidents;
  }
  std::uint64_t total(Cube cube, Granularity g) {
    std::uint64_t sum = 0;
    store_->snapshot()->for_each_cell(cube, g, -1'000'000'000, 1'000'000'000,
                                      [&](const BucketKey&, const CellCount& c) { sum += c.count; });
    return sum;
  }
  // Every cell, every incident with counters and milestones, as one text.
  std::string everything() {
    std::string out;
    const auto snapshot = store_->snapshot();
    for (const Cube cube : {Cube::disclosures, Cube::oris, Cube::messages, Cube::quality}) {
      for (const Granularity g : {Granularity::minute, Granularity::hour, Granularity::day}) {
        std::map<std::pair<BucketKey, Cell>, std::uint64_t> cells;
        snapshot->for_each_cell(cube, g, -1'000'000'000, 1'000'000'000,
                                [&](const BucketKey& k, const CellCount& c) {
                                  cells[{k, c.cell}] += c.count;
                                });
        for (const auto& [key, count] : cells) {
          out += std::to_string(key.first.number) + ' ' + std::to_string(key.second.code) + ' ' +
                 std::to_string(key.second.detail) + '=' + std::to_string(count) + '\n';
        }
      }
    }
    for (const IncidentSummary& i : snapshot->incidents("", "")) {
      out += i.id + ' ' + std::to_string(i.counters.count) + (i.closed ? " closed" : "");
      for (const NotificationMark& m : snapshot->notifications_of(i.id)) out += ' ' + m.milestone;
      out += '\n';
    }
    for (const PartitionProgress& p : snapshot->partitions()) {
      out += std::to_string(p.partition) + ' ' + std::to_string(p.next_offset) + ' ' +
             std::to_string(p.counted) + ' ' + std::to_string(p.duplicate) + ' ' +
             std::to_string(p.rejected) + ' ' + std::to_string(p.clock) + '\n';
    }
    return out;
  }
  std::vector<std::string> milestones(const IncidentKey& key, std::string_view id_of_key) {
    std::vector<std::string> out;
    for (const IncidentSummary& i : store_->snapshot()->incidents(key.day, key.day)) {
      if (i.key != key) continue;
      for (const NotificationMark& m : store_->snapshot()->notifications_of(i.id)) out.push_back(m.milestone);
    }
    EXPECT_TRUE(id_of_key.empty() || !out.empty()) << id_of_key;
    return out;
  }

  bool plain_ = false;
  WorkerMemory memory_;
  TimeNs now_ = kNoTime;  // the wall clock, if it is another
  std::filesystem::path dir_;
  Activations activations_;
  std::shared_ptr<const Ruleset> ruleset_;
  std::unique_ptr<Store> store_;
};

// Messages of every fate over two partitions, from a fixed sequence.
void script(ScriptedSource& source) {
  std::uint64_t x = 7;
  for (int i = 0; i < 400; ++i) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto pick = [&](unsigned n) { return static_cast<unsigned>(x >> 33U) % n; };
    static constexpr std::array<std::string_view, 5> kAskers{"VTICE0900", "DCHSI0000", "IL0160000",
                                                             "IL0160001", "XXUNKNOWN"};
    const std::string day = "2025-01-" + std::to_string(10 + i / 40);
    const std::string time =
        day + "T0" + std::to_string(pick(10)) + ":1" + std::to_string(pick(7) % 10) + ":00Z";
    const std::string id = "m" + std::to_string(pick(11) == 0 ? i / 2 : i);
    const std::string more =
        pick(3) == 0 ? R"(,"outcome":"answered","purpose":"C")" : R"(,"outcome":"rejected")";
    source.add(static_cast<std::uint32_t>(i % 2),
               pick(17) == 0 ? std::string("{") : query(id, time, kAskers.at(pick(5)), more));
  }
}

TEST_F(WorkerTest, CountsAnObservationInEveryBucketOfItsCubes) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "VTICE0900", R"(,"outcome":"answered")"));
  run(source);
  EXPECT_EQ(total(Cube::disclosures, Granularity::minute), 1U);
  EXPECT_EQ(total(Cube::disclosures, Granularity::hour), 1U);
  EXPECT_EQ(total(Cube::disclosures, Granularity::day), 1U);
  EXPECT_EQ(total(Cube::oris, Granularity::day), 1U);
  EXPECT_EQ(total(Cube::messages, Granularity::day), 1U);
  EXPECT_EQ(milestones({"block_leak", "il-ice", "IL", "ice", "2025-02-01"}, "leak"),
            (std::vector<std::string>{"opened", "closed"}));
}

TEST_F(WorkerTest, TheHourInWhichTheTwoDaysOfMinutesBeginIsWhole) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-03T12:40:00Z", "IL0160000"));
  source.add(0, query("b", "2025-02-01T12:10:00Z", "IL0160000"));  // a report may end with 12:40 that day
  source.add(0, query("c", "2025-02-01T11:59:00Z", "IL0160000"));
  run(source);
  EXPECT_EQ(total(Cube::disclosures, Granularity::minute), 2U);
  EXPECT_EQ(total(Cube::disclosures, Granularity::hour), 3U);
}

TEST_F(WorkerTest, AnEventOlderThanWhatIsKeptHasItsFateItsIncidentAndNoBucket) {
  const auto broker = [](std::string_view time) { return *parse_rfc3339(time); };
  ScriptedSource source({0, 1});
  source.step = 1;
  source.add(0, query("a", "2035-06-01T00:00:00Z", "IL0160000"), broker("2035-06-01T00:00:00Z"));
  source.add(0, query("b", "2025-02-01T12:00:00Z", "VTICE0900"), broker("2025-02-01T12:00:00Z"));
  source.add(1, query("c", "2025-02-01T12:00:00Z", "VTICE0900"), broker("2025-02-01T12:00:00Z"));
  run(source);
  const auto partitions = store_->snapshot()->partitions();
  EXPECT_EQ(partitions.at(0).counted, 2U);
  EXPECT_EQ(partitions.at(0).late, 1U);
  EXPECT_EQ(partitions.at(0).oldest, broker("2025-02-01T12:00:00Z"));
  for (const Granularity g : {Granularity::hour, Granularity::day}) {
    EXPECT_EQ(total(Cube::disclosures, g), 2U) << "one a partition";
    EXPECT_EQ(total(Cube::messages, g), 2U);
  }
  EXPECT_EQ(total(Cube::oris, Granularity::day), 2U);
  EXPECT_EQ(store_->snapshot()->incidents("2025-02-01", "2025-02-01").at(0).counters.count, 2U);
}

TEST_F(WorkerTest, ANotificationKnowsTheNewestObservationOfItsIncident) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "VTICE0900"));
  source.add(0, query("b", "2025-02-01T13:00:00Z", "VTICE0900"));
  source.add(0, query("c", "2025-02-01T11:00:00Z", "VTICE0900"));
  run(source);
  const auto log = store_->read_log(0, 10);
  ASSERT_EQ(log.size(), 2U);
  for (const Notification& n : log) EXPECT_EQ(n.newest_event_time, *parse_rfc3339("2025-02-01T13:00:00Z"));
}

TEST_F(WorkerTest, KeepsEvidenceOfEveryPolicyThatSpoke) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "VTICE0900"));
  source.add(0, query("b", "2025-01-03T12:00:00Z", "DCHSI0000"));
  source.add(0, query("c", "2025-02-01T12:00:00Z", "IL0160000"));
  run(source);
  std::vector<Verdict> verdicts;
  store_->snapshot()->for_each_evidence([&](const Evidence& e) { verdicts.push_back(e.verdict); });
  EXPECT_EQ(verdicts, (std::vector<Verdict>{Verdict::blocked, Verdict::gap}));
}

TEST_F(WorkerTest, AnExceptionRaisesOnlyWhatGoesBeyondItsMaximum) {
  ScriptedSource source({0});
  for (int i = 0; i < 3; ++i) {
    source.add(0, query("e" + std::to_string(i), "2025-02-0" + std::to_string(i + 1) + "T12:00:00Z",
                        "DCHSI0000", R"(,"purpose":"C")"));
  }
  run(source);
  EXPECT_EQ(milestones({"exception_exceeded", "il-ice#case 1", "", "", "2025-01-15"}, "exceeded"),
            (std::vector<std::string>{"opened", "closed"}));
}

TEST_F(WorkerTest, AnExceptionWithinItsMaximumRaisesNothing) {
  ScriptedSource source({0});
  for (int i = 0; i < 2; ++i) {
    source.add(0, query("e" + std::to_string(i), "2025-02-01T12:00:00Z", "DCHSI0000", R"(,"purpose":"C")"));
  }
  run(source);
  EXPECT_EQ(store_->log_end(), 0U);
}

TEST_F(WorkerTest, AnExceptionThatIsExceededAfterItsTimeHasPassedIsStillClosed) {
  const auto use = [](int i) {
    return query("e" + std::to_string(i), "2025-02-01T12:00:00Z", "DCHSI0000", R"(,"purpose":"C")");
  };
  ScriptedSource within({0});
  within.add(0, use(0));
  within.add(0, use(1));
  run(within, false);  // at the end of the log the wall clock has passed expires_at + lateness
  open();
  ScriptedSource beyond({0});
  for (int i = 0; i < 3; ++i) beyond.add(0, use(i));
  run(beyond, false);
  EXPECT_EQ(milestones({"exception_exceeded", "il-ice#case 1", "", "", "2025-01-15"}, "exceeded"),
            (std::vector<std::string>{"opened", "closed"}));
}

TEST_F(WorkerTest, ARestartAfterAnyRecordChangesNothing) {
  ScriptedSource whole({0, 1});
  script(whole);
  run(whole);
  const std::string expected = everything();
  for (const std::size_t cut : {1U, 7U, 100U, 250U, 399U}) {
    store_.reset();
    std::filesystem::remove_all(dir_);
    open();
    ScriptedSource first({0, 1});
    script(first);
    first.step = cut;
    std::atomic<bool> stop{false};
    {
      Telemetry telemetry;
      WorkerStatus status;
      WorkerOptions options;
      options.topic = "t";
      options.batch = true;  // no clock closes anything before the end
      struct StopAfterOnePoll : Source {
        StopAfterOnePoll(Source& i, std::atomic<bool>& s) : inner(i), flag(s) {}
        const std::vector<std::uint32_t>& partitions() const override { return inner.partitions(); }
        Expected<void> poll(std::chrono::milliseconds t, SourceBatch& b) override {
          flag = true;
          return inner.poll(t, b);
        }
        void committed(std::span<const PartitionProgress> p) override { inner.committed(p); }
        Source& inner;
        std::atomic<bool>& flag;
      } stopping(first, stop);
      Worker worker(*store_, stopping, RulesetHistory::always(ruleset_), activations_, options, telemetry,
                    status);
      ASSERT_TRUE(worker.run(stop));
    }
    open();
    ScriptedSource second({0, 1});
    script(second);
    run(second);
    EXPECT_EQ(everything(), expected) << "cut after " << cut;
  }
}

// Each turn commits, no incident stays in memory, and no set of unknown ORIs.
TEST_F(WorkerTest, WithHardlyAnyMemoryEverythingIsCountedTheSame) {
  ScriptedSource plenty({0, 1});
  script(plenty);
  run(plenty);
  const std::string expected = everything();
  store_.reset();
  std::filesystem::remove_all(dir_);
  open();
  memory_ = {.ids = 1 << 20U, .batches = 0, .commit = 1, .unknown_oris = 0, .incidents = 0};
  ScriptedSource little({0, 1});
  script(little);
  run(little);
  EXPECT_EQ(everything(), expected);
}

TEST_F(WorkerTest, AnIncidentThatWasForgottenClosesWhenItsDayDoes) {
  memory_.incidents = 0;
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "VTICE0900"));
  run(source, false);
  EXPECT_EQ(milestones({"blocked_query", "il-ice", "IL", "ice", "2025-02-01"}, "q"),
            (std::vector<std::string>{"opened", "closed"}));
}

TEST_F(WorkerTest, ADuplicateIsFoundAcrossARestart) {
  for (int i = 0; i < 2; ++i) {
    ScriptedSource source({0});
    source.add(0, query("same", "2025-02-01T12:00:00Z", "IL0160000"));
    source.add(0, query("same", "2025-02-01T13:00:00Z", "IL0160000"));
    if (i == 1) source.add(0, query("same", "2025-02-01T14:00:00Z", "IL0160000"));
    run(source);
    open();
  }
  const auto p = store_->snapshot()->partitions().at(0);
  EXPECT_EQ(p.counted, 1U);
  EXPECT_EQ(p.duplicate, 2U);
}

TEST_F(WorkerTest, LiveTheWallClockClosesPastDaysAtTheEndOfTheLog) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "VTICE0900"));
  run(source, false);
  EXPECT_EQ(milestones({"blocked_query", "il-ice", "IL", "ice", "2025-02-01"}, "q"),
            (std::vector<std::string>{"opened", "closed"}));
}

TEST_F(WorkerTest, ADayClosesOnceTheClocksStandAtItsEndPlusLateness) {
  ApplierOptions options;
  options.topic = "t";
  auto applier = Applier::create(*store_, RulesetHistory::always(ruleset_), {0}, options);
  ASSERT_TRUE(applier);
  const std::string payload = query("a", "2025-02-01T12:00:00Z", "VTICE0900");
  const SourceRecord record{0, 0, kNoTime, payload};
  Parser parser(65536);
  QueryEvent event;
  ASSERT_FALSE(parser.parse(record, event));
  (*applier)->message(record, event, siphash(store_->identity().fingerprint_key, event.id));
  TakenBatch taken = (*applier)->take_batch(kNoTime, 0);
  taken.observations->take(taken.batch.runs);
  CommitBatch& batch = taken.batch;
  ASSERT_TRUE(store_->commit(batch));
  const TimeNs closes = *parse_rfc3339("2025-02-04T00:00:00Z");  // the default lateness is 48 h
  EXPECT_FALSE((*applier)->closes_any(closes - 1));
  EXPECT_TRUE((*applier)->closes_any(closes));
}

TEST_F(WorkerTest, AFeedThatIsSilentAtAnHourThatIsUsuallyBusyIsAnIncident) {
  const TimeNs hour = *parse_rfc3339("2025-06-03T14:00:00Z");
  for (const int weeks : {2, 3}) {
    ScriptedSource source({0});
    for (int i = 0; i < 3 * weeks * 60; ++i) {
      const TimeNs time =
          hour + (i % 3 - 1) * kHour - (1 + i / 3 % weeks) * 7 * kDay + i / 3 / weeks * kSecond;
      source.add(
          0, query("w" + std::to_string(weeks) + "-" + std::to_string(i), format_time(time), "IL0160000"));
    }
    now_ = hour + 55 * kMinute;
    run(source, false);
    std::vector<std::string> found;
    for (const IncidentSummary& i : store_->snapshot()->incidents("", ""))
      if (i.key.kind == "feed_gap") found.push_back(i.key.policy + ' ' + i.key.day);
    EXPECT_EQ(found, weeks == 3 ? std::vector<std::string>{"t/0 2025-06-03"} : std::vector<std::string>{});
    store_.reset();
    std::filesystem::remove_all(dir_);
    open();
  }
}

// While a commit is in flight nobody waits for it but those who need what it holds.
TEST_F(WorkerTest, OnlyAnIncidentThatWasClosedInTheBatchInFlightWaitsForIt) {
  std::optional<TakenBatch> in_flight;
  int waits = 0;
  const auto make_durable = [&] {
    in_flight->observations->take(in_flight->batch.runs);
    ASSERT_TRUE(store_->commit(in_flight->batch));
    in_flight.reset();
  };
  ApplierOptions options;
  options.topic = "t";
  options.settle = [&] {
    ++waits;
    if (in_flight) make_durable();
  };
  auto applier = Applier::create(*store_, RulesetHistory::always(ruleset_), {0}, options);
  ASSERT_TRUE(applier);
  Parser parser(65536);
  std::uint64_t offset = 0;
  const auto count = [&](std::string_view time) {
    const std::string payload = query("q" + std::to_string(offset), time, "VTICE0900");
    const SourceRecord record{0, offset++, kNoTime, payload};
    QueryEvent event;
    ASSERT_FALSE(parser.parse(record, event));
    (*applier)->message(record, event, siphash(store_->identity().fingerprint_key, event.id));
  };
  count("2025-02-01T12:00:00Z");
  in_flight = (*applier)->take_batch(kNoTime, 0);
  count("2025-02-01T13:00:00Z");
  count("2025-02-02T12:00:00Z");
  EXPECT_EQ(waits, 0) << "one is in memory, the other nobody has written yet";
  make_durable();
  in_flight = (*applier)->take_batch(kTimeMax, 0);
  count("2025-02-03T12:00:00Z");
  EXPECT_EQ(waits, 0);
  count("2025-02-01T14:00:00Z");
  EXPECT_EQ(waits, 1) << "it was closed, and its parts are in the batch";
  in_flight = (*applier)->take_batch(kTimeMax, 0);
  make_durable();
  for (const IncidentSummary& i : store_->snapshot()->incidents("2025-02-01", "2025-02-01")) {
    EXPECT_EQ(i.counters.count, 3U);
    EXPECT_TRUE(i.closed);
  }
  EXPECT_EQ(milestones({"blocked_query", "il-ice", "IL", "ice", "2025-02-01"}, "q").size(), 2U)
      << "opened and closed once each";
}

TEST_F(WorkerTest, ALateObservationStillCountsAndIsNotClosedTwice) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "VTICE0900"));
  run(source, false);
  ScriptedSource more({0});
  more.add(0, query("a", "2025-02-01T12:00:00Z", "VTICE0900"));
  for (int i = 0; i < 9; ++i)
    more.add(0, query("b" + std::to_string(i), "2025-02-01T13:00:00Z", "VTICE0900"));
  run(more, false);
  auto got = milestones({"blocked_query", "il-ice", "IL", "ice", "2025-02-01"}, "q");
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, (std::vector<std::string>{"10", "closed", "opened"}));
}

TEST_F(WorkerTest, TheLastRecordOfEachPartitionIsKnownAgainByItsFingerprint) {
  ScriptedSource source({0, 1});
  source.step = 100;
  const std::string last = query("b", "2025-02-01T12:00:01Z", "IL0160000");
  source.add(0, query("a", "2025-02-01T12:00:00Z", "IL0160000"), 5 * kSecond);
  source.add(1, "no JSON at all", 6 * kSecond);
  source.add(0, last, 7 * kSecond);
  run(source, false);
  const SipKey key = store_->identity().fingerprint_key;
  const auto partitions = store_->snapshot()->partitions();
  ASSERT_EQ(partitions.size(), 2U);
  EXPECT_EQ(partitions[0].anchor, (Anchor{"", 7 * kSecond, siphash(key, last)}));
  EXPECT_EQ(partitions[1].anchor, (Anchor{"", 6 * kSecond, siphash(key, "no JSON at all")}));
}

constexpr GapFound kTruncated{0, GapKind::truncated, 1, 0, 0, std::nullopt};

TEST_F(WorkerTest, AHaltIsRecordedAndAlertedOnceAndClearedWhenTheLogIsWholeAgain) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "IL0160000"));
  source.gaps = {kTruncated};
  run(source, false);
  auto gaps = store_->snapshot()->gaps();
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].kind, GapKind::truncated);
  EXPECT_EQ(gaps[0].state, GapState::halted);
  EXPECT_EQ(gaps[0].clock, *parse_rfc3339("2025-02-01T12:00:00Z"));
  EXPECT_EQ(gaps[0].until, kTimeMax);
  auto incidents = data_gaps();
  ASSERT_EQ(incidents.size(), 1U);
  EXPECT_EQ(incidents[0].key.policy, "t/0");
  EXPECT_EQ(incidents[0].key.agency, "");
  EXPECT_EQ(incidents[0].counters.count, 1U);
  EXPECT_EQ(incidents[0].counters.by_outcome, decltype(incidents[0].counters.by_outcome){});
  EXPECT_EQ(incidents[0].counters.first->ori, "");
  EXPECT_EQ(incidents[0].counters.first->offset, 1U);
  EXPECT_EQ(store_->snapshot()->notifications_of(incidents[0].id).at(0).milestone, "opened");

  ScriptedSource again({0});
  again.gaps = {kTruncated};
  run(again, false);
  EXPECT_EQ(store_->snapshot()->gaps().size(), 1U) << "the same finding after a restart is no news";
  EXPECT_EQ(data_gaps().at(0).counters.count, 1U);

  ScriptedSource whole({0});
  whole.verified = {0};
  run(whole, false);
  gaps = store_->snapshot()->gaps();
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].state, GapState::cleared);
  EXPECT_NE(gaps[0].decided_at, kNoTime);
}

TEST_F(WorkerTest, BehindAGapCountingGoesOnAndItEndsWithTheFirstRecordAfterIt) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "IL0160000"));
  source.gaps = {{0, GapKind::retention_overrun, 1, 50, 90, 50}};
  run(source, false);
  EXPECT_EQ(store_->snapshot()->partitions().at(0).next_offset, 50U);
  EXPECT_EQ(store_->snapshot()->gaps().at(0).until, kTimeMax) << "nothing came yet";
  ScriptedSource more({0});
  more.jump(0, 50);
  const TimeNs broker_time = *parse_rfc3339("2025-02-03T12:00:00Z");
  more.add(0, query("b", "2025-02-03T12:00:00Z", "IL0160000"), broker_time);
  more.add(0, query("c", "2025-02-03T13:00:00Z", "IL0160000"), broker_time + kHour);
  run(more, false);
  const auto gaps = store_->snapshot()->gaps();
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].state, GapState::continued);
  EXPECT_EQ(gaps[0].resumed_at, 50U);
  EXPECT_EQ(gaps[0].until, broker_time + kFutureSlack);
  const PartitionProgress p = store_->snapshot()->partitions().at(0);
  EXPECT_EQ(std::tuple(p.first_offset, p.next_offset, p.counted), std::tuple(50U, 52U, 3U));
}

TEST_F(WorkerTest, AJumpInOffsetsIsAGapOnlyWhereTheTopicIsDeclaredPlain) {
  const auto jump = [&] {
    ScriptedSource source({0});
    source.add(0, query("a", "2025-02-01T12:00:00Z", "IL0160000"), kSecond);
    source.jump(0, 20);
    source.add(0, query("b", "2025-02-01T12:00:01Z", "IL0160000"), 2 * kSecond);
    run(source, false);
  };
  jump();
  EXPECT_TRUE(store_->snapshot()->gaps().empty());
  EXPECT_EQ(store_->snapshot()->partitions().at(0).first_offset, 0U);

  store_.reset();
  std::filesystem::remove_all(dir_);
  open();
  plain_ = true;
  jump();
  const auto gaps = store_->snapshot()->gaps();
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].kind, GapKind::offset_jump);
  EXPECT_EQ(gaps[0].state, GapState::continued);
  EXPECT_EQ(gaps[0].position, 1U);
  EXPECT_EQ(gaps[0].resumed_at, 20U);
  EXPECT_EQ(gaps[0].until, 2 * kSecond + kFutureSlack);
  EXPECT_EQ(data_gaps().size(), 1U);
}

TEST_F(WorkerTest, AReplayOfAnotherLogEndsAndItsGapIsNoIncident) {
  ScriptedSource source({0});
  source.add(0, query("a", "2025-02-01T12:00:00Z", "IL0160000"));
  source.gaps = {kTruncated};
  const auto done = result_of(source, true);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ExitCode::state_damaged);
  EXPECT_EQ(store_->snapshot()->gaps().size(), 1U);
  EXPECT_TRUE(data_gaps().empty());
}

TEST_F(WorkerTest, RejectsKeepPositionReasonAndLengthOnly) {
  ScriptedSource source({0});
  source.add(0, "CANARY{");
  run(source);
  store_->snapshot()->for_each_reject({}, [](const RejectRecord& r) {
    EXPECT_EQ(r.reason, RejectReason::not_json);
    EXPECT_EQ(r.length, 7U);
    EXPECT_EQ(r.offset, 0U);
    return true;
  });
  EXPECT_EQ(total(Cube::quality, Granularity::day), 1U);
}

}  // namespace
}  // namespace blockwatch
