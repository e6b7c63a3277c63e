// What the intake hands over: every record once, in order, with what counting needs of it, whatever the
// worker does meanwhile.
#include "pipeline/intake.h"

#include <deque>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/pipeline/message.h"

namespace blockwatch {
namespace {

constexpr SipKey kKey{1, 2};

/// Gives one poll of the script after the other, then nothing; at the end once the script is through.
class Polls : public Source {
 public:
  void add(std::vector<std::string> payloads) { script_.push_back(std::move(payloads)); }
  std::optional<Error> error;             // instead of nothing
  std::vector<GapFound> gaps;             // with the first poll that has nothing
  std::function<void()> on_poll = [] {};  // on the intake's thread
  std::vector<std::uint64_t> told;        // next offsets, in the order of committed()

  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
  std::atomic<int> polls{0};

  Expected<void> poll(std::chrono::milliseconds, SourceBatch& batch) override {
    ++polls;
    on_poll();
    given_.clear();
    if (script_.empty() && error) return tl::unexpected(*error);
    if (!script_.empty()) {
      given_ = std::move(script_.front());
      script_.pop_front();
    }
    for (const std::string& payload : given_) batch.records.push_back({0, offset_++, kReceived, payload});
    if (script_.empty()) batch.at_end = partitions_;
    if (given_.empty()) batch.gaps = std::exchange(gaps, {});
    return {};
  }
  void committed(std::span<const PartitionProgress> progress) override {
    for (const PartitionProgress& p : progress) told.push_back(p.next_offset);
  }

 private:
  const std::vector<std::uint32_t> partitions_{0};
  std::deque<std::vector<std::string>> script_;
  std::vector<std::string> given_;
  std::uint64_t offset_ = 0;
};

class IntakeTest : public ::testing::Test {
 protected:
  struct Seen {
    std::vector<std::uint64_t> offsets;
    std::vector<std::size_t> at_end_after;  // records before each batch that says so
    std::size_t drained = 0;
    std::optional<Error> error;
  };
  Seen take_all(bool to_the_end = true) {
    Intake intake(source_, Parser(65536), kKey, to_the_end, stop_);
    Seen seen;
    while (true) {
      const ParsedBatch& batch = intake.take();
      for (const ParsedRecord& r : batch.records()) seen.offsets.push_back(r.record.offset);
      if (!batch.at_end.empty()) seen.at_end_after.push_back(seen.offsets.size());
      seen.drained += batch.drained ? 1 : 0;
      seen.error = batch.error;
      if (batch.last) return seen;
    }
  }
  /// Of one record.
  template <class Look>
  void look_at(const std::string& payload, Look look) {
    source_.add({payload});
    Intake intake(source_, Parser(65536), kKey, true, stop_);
    const ParsedBatch& batch = intake.take();
    ASSERT_EQ(batch.records().size(), 1U);
    look(batch.records().front());
  }

  Polls source_;
  std::atomic<bool> stop_{false};
};

std::vector<std::string> many(std::size_t count) {
  return std::vector<std::string>(count, Message().json());
}

TEST_F(IntakeTest, EveryRecordComesOnceAndInOrderHoweverManyAPollHas) {
  for (const std::size_t count : {1UL, 511UL, 512UL, 513UL, 3000UL, 40000UL}) source_.add(many(count));
  const Seen seen = take_all();
  ASSERT_EQ(seen.offsets.size(), 44537U);
  for (std::size_t i = 0; i < seen.offsets.size(); ++i) ASSERT_EQ(seen.offsets[i], i);
}

TEST_F(IntakeTest, TheEndOfALogIsToldBehindTheLastRecordOfThePollOnly) {
  source_.add(many(2000));
  EXPECT_EQ(take_all().at_end_after, (std::vector<std::size_t>{2000, 2000}));
}

TEST_F(IntakeTest, APollThatFoundNothingSaysSo) {
  source_.add(many(3));
  EXPECT_EQ(take_all().drained, 1U);
}

// Else each record that came while the worker waited for its disk would be a commit of its own.
TEST_F(IntakeTest, WhoComesLateIsNotToldOfEachPause) {
  for (int i = 0; i < 5; ++i) {
    source_.add(many(1));
    source_.add({});
  }
  Intake intake(source_, Parser(65536), kKey, true, stop_);
  while (source_.polls < 10) std::this_thread::yield();
  std::size_t records = 0;
  std::size_t drained = 0;
  for (bool last = false; !last;) {
    const ParsedBatch& batch = intake.take();
    records += batch.records().size();
    drained += batch.drained ? 1 : 0;
    last = batch.last;
  }
  EXPECT_EQ(records, 5U);
  EXPECT_LE(drained, 2U) << "the last, and one that stood alone at the moment";
}

TEST_F(IntakeTest, WhatWasFoundOfALogIsToldToWhoComesLateToo) {
  source_.add(many(1));
  source_.add({});
  source_.add({});
  source_.gaps = {{0, GapKind::truncated, 1, {}, {}, {}}};
  source_.error = Error{ExitCode::state_damaged, "halted"};
  Intake intake(source_, Parser(65536), kKey, false, stop_);
  while (source_.polls < 4) std::this_thread::yield();
  std::size_t gaps = 0;
  for (bool last = false; !last;) {
    const ParsedBatch& batch = intake.take();
    gaps += batch.gaps.size();
    last = batch.last;
  }
  EXPECT_EQ(gaps, 1U);
}

TEST_F(IntakeTest, TheLastRecordOfEachPartitionInABatchIsNotedOnce) {
  auto payloads = many(600);
  payloads[511] = "the last of the first batch";
  payloads[599] = "the last of all";
  source_.add(payloads);
  Intake intake(source_, Parser(65536), kKey, true, stop_);
  for (const auto& [records, last] : {std::pair(512U, payloads[511]), std::pair(88U, payloads[599])}) {
    const ParsedBatch& batch = intake.take();
    ASSERT_EQ(batch.records().size(), records);
    ASSERT_EQ(batch.last_records.size(), 1U);
    EXPECT_EQ(batch.last_records[0].broker_time, kReceived);
    EXPECT_EQ(batch.last_records[0].payload, siphash(kKey, last));
  }
}

TEST_F(IntakeTest, AnErrorComesBehindTheRecordsBeforeIt) {
  source_.add(many(1000));
  source_.error = Error{ExitCode::temporary, "gone"};
  const Seen seen = take_all(false);
  EXPECT_EQ(seen.offsets.size(), 1000U);
  ASSERT_TRUE(seen.error);
  EXPECT_EQ(seen.error->message, "gone");
}

TEST_F(IntakeTest, WhatAPollHadThatWasUnderWayAtTheStopIsHandedOver) {
  source_.add(many(1500));
  source_.add(many(1500));
  source_.on_poll = [this] { stop_ = true; };
  EXPECT_EQ(take_all(false).offsets.size(), 1500U);
}

TEST_F(IntakeTest, NobodyHasToTakeEverything) {
  source_.add(many(100'000));
  Intake intake(source_, Parser(65536), kKey, true, stop_);
  EXPECT_FALSE(intake.take().records().empty());
}

TEST_F(IntakeTest, AMessageComesWithItsFingerprintAndWithoutItsIdAndPayload) {
  look_at(Message().with("id", R"("i-1")").json(), [](const ParsedRecord& parsed) {
    EXPECT_FALSE(parsed.reason);
    EXPECT_EQ(parsed.fingerprint, siphash(kKey, "i-1"));
    EXPECT_TRUE(parsed.event.id.empty());
    EXPECT_TRUE(parsed.record.payload.empty());
  });
}

TEST_F(IntakeTest, ARejectedRecordKeepsItsPayload) {
  const std::string payload = "no json " + std::string(100'000, 'x');
  look_at(payload, [&](const ParsedRecord& parsed) {
    EXPECT_TRUE(parsed.reason);
    EXPECT_EQ(parsed.record.payload, payload);
  });
}

TEST_F(IntakeTest, AMessageThatTheCatalogMayRejectKeepsItsPayload) {
  const auto kept = [this](const char* destinations) {
    bool is_kept = false;
    look_at(Message().with("destinations", destinations).json(),
            [&](const ParsedRecord& parsed) { is_kept = !parsed.record.payload.empty(); });
    return is_kept;
  };
  EXPECT_TRUE(kept(R"(["MIDWEST"])"));
  EXPECT_TRUE(kept(R"(["I-", "NH00002-0"])"));
  EXPECT_FALSE(kept(R"(["MIDWEST", "IL"])"));
  EXPECT_FALSE(kept(R"(["nh0000200"])"));
}

TEST_F(IntakeTest, PayloadsOfLaterBatchesDoNotDisturbEarlierOnes) {
  std::vector<std::string> payloads;
  for (int i = 0; i < 5000; ++i) payloads.push_back("bad " + std::to_string(i) + std::string(1000, 'x'));
  source_.add(payloads);
  Intake intake(source_, Parser(65536), kKey, true, stop_);
  std::size_t next = 0;
  while (next < payloads.size()) {
    for (const ParsedRecord& parsed : intake.take().records())
      ASSERT_EQ(parsed.record.payload, payloads[next++]);
  }
}

TEST_F(IntakeTest, PayloadsThatAreKeptAreBoundedOverAllBatches) {
  constexpr std::uint64_t kBytes = 8U << 20U;
  for (int i = 0; i < 40; ++i) source_.add({"bad" + std::string(1'000'000, 'x')});
  Intake intake(source_, Parser(65536), kKey, true, stop_, kBytes);
  while (intake.bytes() < kBytes / 2) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // for one that would go on
  const int ahead = source_.polls;
  EXPECT_LE(ahead, 6) << "each takes two megabytes, half of the bound is for payloads, one is on its way";
  EXPECT_LT(intake.bytes(), 2 * kBytes);
  std::size_t records = 0;
  for (bool last = false; !last;) {
    const ParsedBatch& batch = intake.take();
    records += batch.records().size();
    last = batch.last;
  }
  EXPECT_EQ(records, 40U) << "whoever waits goes on";
}

TEST_F(IntakeTest, TheSourceIsToldWhatIsDurableBeforeItsNextPollAndStillAtTheEnd) {
  PartitionProgress progress;
  Intake intake(source_, Parser(65536), kKey, false, stop_);
  intake.take();
  progress.next_offset = 7;
  intake.committed({&progress, 1});
  // The next poll but one begins after it was told.
  for (const int before = source_.polls; source_.polls < before + 2;) intake.take();
  stop_ = true;
  while (!intake.take().last) continue;
  progress.next_offset = 8;
  intake.committed({&progress, 1});
  EXPECT_EQ(source_.told, (std::vector<std::uint64_t>{7, 8}));
}

}  // namespace
}  // namespace blockwatch
