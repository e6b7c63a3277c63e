// Versions of policy and catalog on a real store: what judges an event is what held at its time, whatever
// came when.
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "pipeline/apply.h"
#include "pipeline/parse.h"
#include "state/cell.h"

namespace blockwatch {
namespace {

using testing::ElementsAre;

TimeNs at(std::string_view text) {
  return parse_rfc3339(text).value();
}

TEST(ActivationTime, IsTheFirstFullMinuteAfterBothClocks) {
  const TimeNs minute = at("2025-03-01T12:00:00Z");
  EXPECT_EQ(activation_time(minute - 1, kNoTime, kNoTime), minute);
  EXPECT_EQ(activation_time(minute, kNoTime, kNoTime), minute + kMinute);
  EXPECT_EQ(activation_time(minute - 5 * kMinute, minute, kNoTime), minute + kMinute);
  EXPECT_EQ(activation_time(minute - 1, minute - 2, minute - kHour), minute);
  EXPECT_EQ(activation_time(-1, kNoTime, kNoTime), 0);
}

TEST(ActivationTime, IsNotBeforeTheOneBeforeIfTheWallClockWasSetBack) {
  const TimeNs minute = at("2025-03-01T12:00:00Z");
  EXPECT_EQ(activation_time(minute - kHour, kNoTime, minute), minute);
  EXPECT_EQ(activation_time(minute - kHour, minute - kMinute, minute), minute);
}

TEST(VersionSpans, ChangeWherePolicyOrCatalogDoes) {
  const auto spans = version_spans({kNoTime, 20, 40}, {kNoTime, 30, 40});
  std::vector<std::string> text;
  for (const VersionSpan& s : spans) {
    text.push_back((s.from == kNoTime ? "-" : std::to_string(s.from)) + ": p" + std::to_string(s.policy) +
                   " c" + std::to_string(s.catalog));
  }
  EXPECT_THAT(text, ElementsAre("-: p0 c0", "20: p1 c0", "30: p1 c1", "40: p2 c2"));
}

TEST(VersionSpans, OfTwoVersionsWithOneTimeOnlyTheLastHolds) {
  const auto spans = version_spans({kNoTime, 20, 20}, {kNoTime});
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[1].policy, 2U);
}

constexpr const char* kAgencies = "[[agency]]\nid = \"ice\"\n[[agency]]\nid = \"local\"\n";
constexpr const char* kOris =
    "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\n"
    "VTICE0900,ice,,FE,active,,VT,,,\n";

std::string block(const std::string& more = "", const std::string& exception = "") {
  std::string text = "[[block]]\nid = \"il-ice\"\njurisdictions = [\"IL\"]\nagencies = [\"ice\"]\n" +
                     (more.empty() ? "enforce_from = 2025-01-15T00:00:00Z\n" : more) +
                     "authority = \"order\"\n";
  if (!exception.empty())
    text += "[[block.exception]]\nreference = \"case 1\"\npurposes = [\"C\"]\n" + exception;
  return text;
}

class VersionsTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() / ("blockwatch-versions-" + to_hex(random_bytes(8)));
    open();
  }
  void TearDown() override {
    applier_.reset();
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void open() {
    applier_.reset();
    store_.reset();
    store_ = Store::open(dir_.string(), Store::Access::write).value();
  }
  void begin(const std::string& policy, const std::string& oris = kOris) {
    CommitBatch batch;
    batch.new_versions = {policy_version(policy), {VersionKind::catalog, {kNoTime, "c0"}, {kAgencies, oris}}};
    ASSERT_TRUE(store_->commit(batch));
    restart();
  }
  // A process that starts on what the store holds.
  void restart(const std::vector<std::uint32_t>& partitions = {0, 1}) {
    open();
    const auto snapshot = store_->snapshot();
    RulesetHistory history(snapshot->versions(VersionKind::policy), snapshot->versions(VersionKind::catalog),
                           [this](VersionKind kind, std::size_t index) {
                             return store_->snapshot()->version_files(kind, index);
                           });
    ApplierOptions options;
    options.topic = "t";
    applier_ = Applier::create(*store_, std::move(history), partitions, options).value();
  }
  static NewVersion policy_version(const std::string& text) {
    return {VersionKind::policy, {kNoTime, to_hex(sha256(text))}, {text}};
  }
  TimeNs activate(const std::string& policy, TimeNs now, const std::string& oris = "") {
    Activation activation;
    activation.versions = {policy_version(policy)};
    if (!oris.empty())
      activation.versions.push_back(
          {VersionKind::catalog, {kNoTime, to_hex(sha256(oris))}, {kAgencies, oris}});
    activation.ruleset =
        compile_stored({policy}, {kAgencies, oris.empty() ? std::string(kOris) : oris}, "test").value();
    const TimeNs from = applier_->activate(std::move(activation), now);
    commit();
    return from;
  }
  void count(TimeNs time, const std::string& more = "", std::uint32_t partition = 0,
             const std::string& ori = "VTICE0900") {
    const std::uint64_t offset = next_[partition]++;
    const std::string payload = R"({"id":")" + std::to_string(partition) + "-" + std::to_string(offset) +
                                R"(","time":")" + format_time(time) +
                                R"(","message_key":"DQ","origin":{"ori":")" + ori +
                                R"("},"destinations":["IL"])" + more + "}";
    const SourceRecord record{partition, offset, kNoTime, payload};
    Parser parser(65536);
    QueryEvent event;
    ASSERT_FALSE(parser.parse(record, event));
    applier_->message(record, event, siphash(store_->identity().fingerprint_key, event.id));
    commit();
  }
  void commit(TimeNs closing_clock = kNoTime) {
    TakenBatch taken = applier_->take_batch(closing_clock, 0);
    taken.observations->take(taken.batch.runs);
    CommitBatch& batch = taken.batch;
    ASSERT_TRUE(store_->commit(batch));
  }
  std::map<std::string, std::uint64_t> verdicts() const {
    std::map<std::string, std::uint64_t> sums;
    store_->snapshot()->for_each_cell(
        Cube::disclosures, Granularity::day, 0, 1'000'000, [&](const BucketKey&, const CellCount& c) {
          sums[std::string(name_of(unpack_disclosure(c.cell.code).verdict))] += c.count;
        });
    return sums;
  }
  // "DAY COUNT-ALLOWANCE milestones" of each incident about an exception that counts.
  std::vector<std::string> exceeded() const {
    std::vector<std::string> out;
    const auto snapshot = store_->snapshot();
    for (const IncidentSummary& i : snapshot->incidents("", "")) {
      if (i.key.kind != "exception_exceeded" || i.counters.count <= i.allowance) continue;
      std::string text = i.key.day + " " + std::to_string(i.counters.count - i.allowance);
      for (const NotificationMark& m : snapshot->notifications_of(i.id)) text += " " + m.milestone;
      out.push_back(text);
    }
    return out;
  }

  const TimeNs noon_ = at("2025-03-01T12:00:00Z");
  std::filesystem::path dir_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Applier> applier_;
  std::map<std::uint32_t, std::uint64_t> next_;
};

TEST_F(VersionsTest, AnEventIsJudgedByThePolicyOfItsTimeWheneverItComes) {
  begin(block("enforce_from = 2026-01-01T00:00:00Z\n"));
  count(noon_);
  const TimeNs from = activate(block(), noon_ - kHour);
  EXPECT_EQ(from, noon_ + kMinute);
  count(from);
  count(from - 1);  // late: the older policy was in force then
  EXPECT_EQ(verdicts(), (std::map<std::string, std::uint64_t>{{"blocked", 1}, {"none", 2}}));
  restart();
  count(from - 1);
  count(from + 1);
  EXPECT_EQ(verdicts(), (std::map<std::string, std::uint64_t>{{"blocked", 2}, {"none", 3}}));
}

TEST_F(VersionsTest, TheClocksOfAllPartitionsPutOffAnActivation) {
  begin(block());
  count(noon_, "", 0);
  count(noon_ + kHour, "", 1);
  EXPECT_EQ(activate(block("enforce_from = 2026-01-01T00:00:00Z\n"), 0), noon_ + kHour + kMinute);
}

TEST_F(VersionsTest, SoDoesAPartitionThatIsNotReadAnyMore) {
  begin(block());
  count(noon_ + kHour, "", 1);
  restart({0});
  EXPECT_EQ(activate(block("enforce_from = 2026-01-01T00:00:00Z\n"), 0), noon_ + kHour + kMinute);
}

TEST_F(VersionsTest, AVersionReplacedWithinItsMinuteNeverComesIntoForce) {
  begin(block());
  const TimeNs from = activate(block("enforce_from = 2026-01-01T00:00:00Z\n"), noon_);
  EXPECT_EQ(activate(block(), noon_ + 1), from);
  count(from);
  EXPECT_EQ(verdicts(), (std::map<std::string, std::uint64_t>{{"blocked", 1}}));
  restart();
  count(from + 1);
  EXPECT_EQ(verdicts(), (std::map<std::string, std::uint64_t>{{"blocked", 2}}));
}

TEST_F(VersionsTest, AVersionLoadedAfterTheWallClockWasSetBackReplacesOneThatIsNotInForceYet) {
  begin(block());
  const TimeNs from = activate(block("enforce_from = 2026-01-01T00:00:00Z\n"), noon_);
  EXPECT_EQ(activate(block(), noon_ - kHour), from);
  restart();
  EXPECT_EQ(activate(block("enforce_from = 2026-01-01T00:00:00Z\n") + "# again\n", noon_ - 2 * kHour), from);
  count(from - 1);
  count(from);
  EXPECT_EQ(verdicts(), (std::map<std::string, std::uint64_t>{{"blocked", 1}, {"none", 1}}));
}

TEST_F(VersionsTest, ANewCatalogResolvesFromItsTimeOn) {
  begin(block());
  std::string oris = kOris;
  oris.replace(oris.find(",ice,"), 5, ",local,");
  const TimeNs from = activate(block(), noon_, oris);
  count(from - 1);
  count(from);
  EXPECT_EQ(verdicts(), (std::map<std::string, std::uint64_t>{{"blocked", 1}, {"none", 1}}));
}

TEST_F(VersionsTest, MoreVersionsThanAreKeptCompiledJudgeAllTheSame) {
  begin(block());
  std::vector<TimeNs> starts;
  for (int i = 0; i < 20; ++i) {
    const std::string mode = i % 2 == 0 ? "mode = \"shadow\"\n" : "";
    const TimeNs minute = noon_ + i * kMinute;
    starts.push_back(activate(
        block("enforce_from = 2025-01-15T00:00:00Z\n" + mode) + "# " + std::to_string(i) + "\n", minute));
  }
  for (int round = 0; round < 2; ++round) {
    for (const TimeNs start : starts) count(start);
    if (round == 0) restart();
  }
  EXPECT_EQ(verdicts(), (std::map<std::string, std::uint64_t>{{"blocked", 20}, {"shadow", 20}}));
}

// Under ASan: the rules of a message outlive a look at older ones, although these crowd them out.
TEST_F(VersionsTest, AMessageKeepsItsRulesWhileOlderOnesAreLookedUp) {
  begin(block());
  const TimeNs from = activate(block("", "max_uses = 1\n"), noon_);
  for (int i = 1; i < 20; ++i) activate(block() + "# " + std::to_string(i) + "\n", noon_ + i * kMinute);
  count(from, R"(,"purpose":"C")");
  count(from + 1, "", 1, "XX0000000");
  count(from + 2, R"(,"purpose":"C")");
  EXPECT_THAT(exceeded(), ElementsAre("2025-01-15 1 opened"));
}

TEST_F(VersionsTest, UsesUnderAllVersionsAreSummedAndTheNewestSaysHowManyAreAllowed) {
  begin(block("", "max_uses = 3\n"));
  for (int i = 0; i < 3; ++i) count(noon_ + i, R"(,"purpose":"C")");
  EXPECT_THAT(exceeded(), ElementsAre());
  activate(block("", "max_uses = 1\n"), noon_);
  EXPECT_THAT(exceeded(), ElementsAre("2025-01-15 2 opened"));
  count(noon_ + 10 * kMinute, R"(,"purpose":"C")");
  restart();
  count(noon_ + 11 * kMinute, R"(,"purpose":"C")");
  EXPECT_THAT(exceeded(), ElementsAre("2025-01-15 4 opened"));
}

TEST_F(VersionsTest, UsesBeforeThereWasAMaximumCountOnceThereIsOne) {
  begin(block("", "starts_at = 2025-02-01T00:00:00Z\n"));
  for (int i = 0; i < 12; ++i) count(noon_ + i, R"(,"purpose":"C")");
  EXPECT_THAT(exceeded(), ElementsAre());
  restart();
  activate(block("", "starts_at = 2025-02-01T00:00:00Z\nmax_uses = 2\n"), noon_);
  EXPECT_THAT(exceeded(), ElementsAre("2025-02-01 10 opened 10"));
}

TEST_F(VersionsTest, AnExceptionThatANewVersionStartsOnAnotherDayGoesOnUnderThatDay) {
  begin(block("", "starts_at = 2025-02-01T00:00:00Z\nmax_uses = 1\n"));
  for (int i = 0; i < 3; ++i) count(noon_ + i, R"(,"purpose":"C")", i % 2 == 0 ? 0 : 1);
  EXPECT_THAT(exceeded(), ElementsAre("2025-02-01 2 opened"));
  activate(block("", "starts_at = 2025-02-10T00:00:00Z\nmax_uses = 1\n"), noon_);
  EXPECT_THAT(exceeded(), ElementsAre("2025-02-10 2 opened"));
  restart();
  count(noon_ + 10 * kMinute, R"(,"purpose":"C")");
  EXPECT_THAT(exceeded(), ElementsAre("2025-02-10 3 opened"));
}

TEST_F(VersionsTest, AnExceptionThatComesBackToADayThatWasClosedIsNotClosedAgain) {
  const std::string first = "starts_at = 2025-02-01T00:00:00Z\nmax_uses = 1\n";
  begin(block("", first));
  for (int i = 0; i < 3; ++i) count(noon_ + i, R"(,"purpose":"C")");
  commit(kTimeMax);
  EXPECT_THAT(exceeded(), ElementsAre("2025-02-01 2 opened closed"));
  activate(block("", "starts_at = 2025-02-10T00:00:00Z\nmax_uses = 1\n"), noon_);
  EXPECT_THAT(exceeded(), ElementsAre("2025-02-10 2 opened"));
  restart();
  activate(block("", first) + "# again\n", noon_);
  commit(kTimeMax);
  EXPECT_THAT(exceeded(), ElementsAre("2025-02-01 2 opened closed"));
  EXPECT_TRUE(store_->open_incident_parts().empty());
}

TEST_F(VersionsTest, AMilestoneIsNotNotifiedTwiceWhenAMaximumIsRaised) {
  begin(block("", "max_uses = 1\n"));
  for (int i = 0; i < 12; ++i) count(noon_ + i, R"(,"purpose":"C")");
  EXPECT_THAT(exceeded(), ElementsAre("2025-01-15 11 opened 10"));
  activate(block("", "max_uses = 5\n"), noon_);
  restart();
  for (int i = 0; i < 5; ++i) count(noon_ + kHour + i, R"(,"purpose":"C")");
  EXPECT_THAT(exceeded(), ElementsAre("2025-01-15 12 opened 10"));
}

TEST_F(VersionsTest, TermsOfAVersionReplacedWithinItsMinuteCountNoMore) {
  begin(block("", "max_uses = 1\n"));
  for (int i = 0; i < 3; ++i) count(noon_ + i, R"(,"purpose":"C")");
  const TimeNs from = activate(block("", "starts_at = 2025-02-01T00:00:00Z\nmax_uses = 0\n"), noon_ + kHour);
  EXPECT_THAT(exceeded(), ElementsAre("2025-02-01 3 opened"));
  EXPECT_EQ(activate(block(), noon_ + kHour + 1), from);
  EXPECT_THAT(exceeded(), ElementsAre("2025-01-15 2 opened"));
}

TEST_F(VersionsTest, NorDoTheyIfTheDaemonWasStartedAgainMeanwhile) {
  begin(block("", "max_uses = 1\n"));
  for (int i = 0; i < 3; ++i) count(noon_ + i, R"(,"purpose":"C")");
  const TimeNs from = activate(block("", "starts_at = 2025-02-01T00:00:00Z\nmax_uses = 0\n"), noon_ + kHour);
  restart();
  EXPECT_EQ(activate(block(), noon_ + kHour + 1), from);
  EXPECT_THAT(exceeded(), ElementsAre("2025-01-15 2 opened"));
}

TEST_F(VersionsTest, AnExceptionThatTheNewestVersionDroppedKeepsItsTerms) {
  begin(block("", "max_uses = 1\n"));
  const TimeNs from = activate(block(), noon_);
  for (int i = 0; i < 3; ++i) count(noon_ + i, R"(,"purpose":"C")");
  count(from, R"(,"purpose":"C")");
  EXPECT_THAT(exceeded(), ElementsAre("2025-01-15 2 opened"));
  EXPECT_EQ(verdicts(), (std::map<std::string, std::uint64_t>{{"blocked", 1}, {"excepted", 3}}));
}

}  // namespace
}  // namespace blockwatch
