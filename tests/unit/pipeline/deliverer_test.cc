// The deliverer between a real store's log and an output that does what the test says.
#include "pipeline/output/deliverer.h"

#include <unistd.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;

/// What an output was given and how it answers; shared with the test, which looks at any time.
struct OutputScript {
  std::mutex mutex;
  std::deque<Expected<std::size_t>> answers;  // then `afterwards`
  bool afterwards_acknowledge = true;
  std::vector<std::string> sent;          // every attempt, by id
  std::vector<std::string> acknowledged;  // by id

  std::vector<std::string> look(std::vector<std::string> OutputScript::*what) {
    const std::lock_guard lock(mutex);
    return this->*what;
  }
};

class ScriptedOutput : public Output {
 public:
  ScriptedOutput(std::string name, std::shared_ptr<OutputScript> script)
      : name_(std::move(name)), script_(std::move(script)) {}
  const std::string& name() const override { return name_; }
  Expected<std::size_t> deliver(std::span<const Notification> notifications, milliseconds) override {
    const std::lock_guard lock(script_->mutex);
    Expected<std::size_t> answer = script_->afterwards_acknowledge
                                       ? Expected<std::size_t>(notifications.size())
                                       : fail(ExitCode::temporary, "nobody is there");
    if (!script_->answers.empty()) {
      answer = script_->answers.front();
      script_->answers.pop_front();
    }
    for (const Notification& n : notifications) script_->sent.push_back(n.id);
    for (std::size_t i = 0; i < answer.value_or(0); ++i) script_->acknowledged.push_back(notifications[i].id);
    return answer;
  }

 private:
  std::string name_;
  std::shared_ptr<OutputScript> script_;
};

class DelivererTest : public testing::Test {
 protected:
  DelivererTest() {
    std::string pattern = testing::TempDir() + "blockwatch-deliverer-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    open();
  }
  ~DelivererTest() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  void open() {
    store_.reset();
    auto store = Store::open(dir_ + "/state", Store::Access::write);
    ASSERT_TRUE(store.has_value()) << store.error().message;
    store_ = std::move(*store);
  }

  void add(const std::vector<std::string>& ids, TimeNs newest_event_time = kNoTime) {
    CommitBatch batch;
    for (const std::string& id : ids) {
      Notification n;
      n.id = id;
      n.incident = std::string(32, 'a');
      n.milestone = "opened";
      n.body = "{}";
      n.newest_broker_time = wall_clock_now();
      n.newest_event_time = newest_event_time;
      batch.notifications.push_back(n);
    }
    ASSERT_TRUE(store_->commit(batch).has_value());
  }

  std::unique_ptr<Deliverer> start(const std::string& name, std::shared_ptr<OutputScript> script,
                                   std::optional<TimeNs> max_age = {}) {
    auto deliverer = std::make_unique<Deliverer>(
        *store_, std::make_unique<ScriptedOutput>(name, std::move(script)), telemetry_, max_age);
    deliverer->start();
    return deliverer;
  }

  OutputStanding standing(const std::string& name) const {
    for (OutputStanding& o : store_->snapshot()->outputs())
      if (o.name == name) return o;
    ADD_FAILURE() << "the state does not know " << name;
    return {};
  }
  static std::uint64_t suppressed(const OutputStanding& output) {
    std::uint64_t sum = 0;
    for (const Suppressed& s : output.suppressed) sum += s.count;
    return sum;
  }

  static bool wait_for(const std::function<bool()>& condition) {
    const auto deadline = steady_clock::now() + seconds(10);
    while (!condition()) {
      if (steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
  }

  std::string dir_;
  std::unique_ptr<Store> store_;
  Telemetry telemetry_;
};

TEST(RetryDelay, DoublesFrom100MillisecondsTo30Seconds) {
  EXPECT_EQ(retry_delay(1), milliseconds(100));
  EXPECT_EQ(retry_delay(2), milliseconds(200));
  EXPECT_EQ(retry_delay(8), milliseconds(12'800));
  EXPECT_EQ(retry_delay(9), milliseconds(25'600));
  EXPECT_EQ(retry_delay(10), milliseconds(30'000));
  EXPECT_EQ(retry_delay(1'000'000), milliseconds(30'000));
}

TEST(RetryDelay, WithoutAFailureThereIsNoWait) {
  EXPECT_EQ(retry_delay(0), milliseconds(0));
}

TEST_F(DelivererTest, CarriesTheLogInOrderAndMovesTheCursor) {
  add({"1", "2", "3"});
  const auto script = std::make_shared<OutputScript>();
  const auto deliverer = start("out", script);
  ASSERT_TRUE(wait_for([&] { return deliverer->drained(); }));
  deliverer->stop(steady_clock::now());
  EXPECT_THAT(script->acknowledged, ElementsAre("1", "2", "3"));
  EXPECT_EQ(store_->cursor("out"), 3U);
  const std::string metrics = telemetry_.render();
  EXPECT_NE(metrics.find("blockwatch_outbox_pending{output=\"out\"} 0"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("blockwatch_alert_latency_seconds_count 3"), std::string::npos) << metrics;
}

TEST_F(DelivererTest, SendsWhatWasNotAcknowledgedAgainAndInOrder) {
  add({"1", "2", "3", "4", "5"});
  const auto script = std::make_shared<OutputScript>();
  script->answers = {Expected<std::size_t>(2), fail(ExitCode::temporary, "gone"), Expected<std::size_t>(0)};
  const auto deliverer = start("out", script);
  ASSERT_TRUE(wait_for([&] { return deliverer->drained(); }));
  deliverer->stop(steady_clock::now());
  EXPECT_THAT(script->acknowledged, ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(script->sent,
              ElementsAre("1", "2", "3", "4", "5", "3", "4", "5", "3", "4", "5", "3", "4", "5"));
}

TEST_F(DelivererTest, GoesOnAfterTheCursorInTheNextProcess) {
  add({"1", "2"});
  {
    const auto first = start("out", std::make_shared<OutputScript>());
    ASSERT_TRUE(wait_for([&] { return first->drained(); }));
  }
  add({"3"});
  open();
  const auto script = std::make_shared<OutputScript>();
  const auto second = start("out", script);
  ASSERT_TRUE(wait_for([&] { return second->drained(); }));
  second->stop(steady_clock::now());
  EXPECT_THAT(script->sent, ElementsAre("3"));
}

TEST_F(DelivererTest, WhatIsTooOldForAnOutputIsRecordedInsteadOfSent) {
  const TimeNs now = wall_clock_now();
  add({"1", "2"}, now - 400 * kDay);
  add({"3"}, now);
  add({"4"}, now - 25 * kHour);
  add({"5"}, now - 23 * kHour);
  const auto script = std::make_shared<OutputScript>();
  const auto topic = std::make_shared<OutputScript>();
  const auto deliverer = start("pager", script, 24 * kHour);
  const auto other = start("topic", topic);
  ASSERT_TRUE(wait_for([&] { return deliverer->drained() && other->drained(); }));
  deliverer->stop(steady_clock::now());
  other->stop(steady_clock::now());
  EXPECT_THAT(script->sent, ElementsAre("3", "5"));
  EXPECT_THAT(topic->sent, ElementsAre("1", "2", "3", "4", "5"));
  const OutputStanding pager = standing("pager");
  EXPECT_EQ(pager.cursor, 5U);
  EXPECT_EQ(pager.delivered, 2U);
  ASSERT_EQ(pager.suppressed.size(), 2U);
  EXPECT_EQ(pager.suppressed[0].first, 1U);
  EXPECT_EQ(pager.suppressed[0].count, 2U);
  EXPECT_EQ(pager.suppressed[1].first, 4U);
  const std::string metrics = telemetry_.render();
  for (const char* line : {"blockwatch_notifications_total{output=\"pager\",result=\"delivered\"} 2\n",
                           "blockwatch_notifications_total{output=\"pager\",result=\"suppressed\"} 3\n",
                           "blockwatch_notifications_total{output=\"topic\",result=\"suppressed\"} 0\n",
                           "blockwatch_outbox_pending{output=\"pager\"} 0\n"})
    EXPECT_NE(metrics.find(line), std::string::npos) << line << metrics;
}

TEST_F(DelivererTest, AReplayedYearNeverReachesAnOutputWithAMaxAge) {
  const TimeNs year_ago = wall_clock_now() - 365 * kDay;
  for (int i = 0; i < 3; ++i) add(std::vector<std::string>(700, "old"), year_ago + i * kDay);
  const auto script = std::make_shared<OutputScript>();
  const auto deliverer = start("pager", script, 24 * kHour);
  ASSERT_TRUE(wait_for([&] { return deliverer->drained(); }));
  EXPECT_TRUE(script->look(&OutputScript::sent).empty());
  EXPECT_EQ(suppressed(standing("pager")), 2100U);
  EXPECT_LE(standing("pager").suppressed.size(), 10U) << "a row a batch, not one a notification";
}

TEST_F(DelivererTest, DeliveredSuppressedAndPendingAreAlwaysTheWholeLog) {
  const TimeNs now = wall_clock_now();
  for (int i = 0; i < 40; ++i) add({std::to_string(i)}, i % 3 == 0 ? now - 400 * kDay : now);
  const auto script = std::make_shared<OutputScript>();
  for (const std::size_t n : {3U, 0U, 7U, 1U}) script->answers.emplace_back(n);
  script->afterwards_acknowledge = false;
  const auto deliverer = start("pager", script, 24 * kHour);
  ASSERT_TRUE(wait_for([&] { return script->look(&OutputScript::acknowledged).size() == 11; }));
  ASSERT_TRUE(wait_for([&] { return standing("pager").delivered == 11; }));
  deliverer->stop(steady_clock::now());
  const OutputStanding pager = standing("pager");
  const std::uint64_t pending = store_->log_end() - pager.cursor;
  EXPECT_EQ(pager.delivered, script->acknowledged.size());
  EXPECT_EQ(pager.cursor, 17U) << "11 due ones and the 6 stale ones before and between them";
  EXPECT_EQ(pager.delivered + suppressed(pager) + pending, 40U);
  EXPECT_EQ(suppressed(pager), 6U);
}

TEST_F(DelivererTest, TheStateKnowsAnOutputBeforeItsFirstNotification) {
  const auto script = std::make_shared<OutputScript>();
  script->afterwards_acknowledge = false;
  const auto deliverer = start("out", script);
  add({"1"});
  ASSERT_TRUE(wait_for([&] { return !script->look(&OutputScript::sent).empty(); }));
  EXPECT_EQ(standing("out").cursor, 0U);
}

TEST_F(DelivererTest, WakesUpWhenTheLogGrows) {
  const auto script = std::make_shared<OutputScript>();
  const auto deliverer = start("out", script);
  for (const char* id : {"1", "2", "3"}) {
    add({id});
    ASSERT_TRUE(wait_for([&] { return deliverer->drained(); }));
  }
  EXPECT_THAT(script->look(&OutputScript::acknowledged), ElementsAre("1", "2", "3"));
}

TEST_F(DelivererTest, ADeadOutputDoesNotHoldUpAnother) {
  const auto dead = std::make_shared<OutputScript>();
  dead->afterwards_acknowledge = false;
  const auto alive = std::make_shared<OutputScript>();
  const auto first = start("dead", dead);
  const auto second = start("alive", alive);
  add({"1", "2"});
  ASSERT_TRUE(wait_for([&] { return second->drained(); }));
  EXPECT_FALSE(first->drained());
  EXPECT_EQ(store_->cursor("dead"), 0U);
  EXPECT_EQ(store_->cursor("alive"), 2U);
}

TEST_F(DelivererTest, WhatIsPendingGrowsWhileTheNextAttemptIsFarAway) {
  const auto script = std::make_shared<OutputScript>();
  script->afterwards_acknowledge = false;
  const auto deliverer = start("out", script);
  add({"1"});
  // The sixth attempt is followed by a wait of more than three seconds.
  const auto attempts = [&] { return script->look(&OutputScript::sent).size(); };
  ASSERT_TRUE(wait_for([&] { return attempts() >= 6; }));
  const std::size_t before = attempts();
  add({"2", "3"});
  const auto pending = [&] {
    return telemetry_.render().find("blockwatch_outbox_pending{output=\"out\"} 3") != std::string::npos;
  };
  EXPECT_TRUE(wait_for([&] { return pending() || attempts() > before; }));
  EXPECT_TRUE(pending());
  EXPECT_EQ(attempts(), before);
}

TEST_F(DelivererTest, AStopTriesWhatIsLeftAtOnceAndOften) {
  const auto script = std::make_shared<OutputScript>();
  script->answers.assign(10, fail(ExitCode::temporary, "not yet"));  // more than a minute, were there no stop
  const auto deliverer = start("out", script);
  add({"1"});
  ASSERT_TRUE(wait_for([&] { return script->look(&OutputScript::sent).size() >= 3; }));
  const auto begin = steady_clock::now();
  deliverer->stop(begin + seconds(30));
  EXPECT_LT(steady_clock::now() - begin, seconds(10));
  EXPECT_TRUE(deliverer->drained());
  EXPECT_THAT(script->acknowledged, ElementsAre("1"));
}

TEST_F(DelivererTest, AStopWithADeadOutputEndsAtItsDeadlineAndKeepsTheRest) {
  const auto script = std::make_shared<OutputScript>();
  script->afterwards_acknowledge = false;
  const auto deliverer = start("out", script);
  add({"1"});
  ASSERT_TRUE(wait_for([&] { return !script->look(&OutputScript::sent).empty(); }));
  const auto begin = steady_clock::now();
  deliverer->stop(begin + milliseconds(300));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(250));
  EXPECT_LT(steady_clock::now() - begin, seconds(5));
  EXPECT_EQ(store_->cursor("out"), 0U);
}

}  // namespace
}  // namespace blockwatch
