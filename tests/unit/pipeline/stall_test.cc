// A partition from which nothing comes although its log goes on, with the client and a clock that are real.
//
// librdkafka's in-process cluster of two brokers sends the client to a follower that has not even got what
// was read before. The client waits for that one to catch up and tells nobody; its marks stay where they
// were, so nothing in it says that there is more: as where it has stopped fetching.
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/kafka/client.h"
#include "pipeline/kafka/kafka_source.h"
#include "pipeline/kafka/topic_writer.h"

#include <librdkafka/rdkafka_mock.h>  // after rdkafka.h

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kLeader = 1;
constexpr int kFollower = 2;
constexpr std::uint32_t kStalled = 1;  // of partitions 0 to 2
constexpr std::uint64_t kBefore = 10;  // records of each partition
constexpr std::uint64_t kAfter = 5;
constexpr seconds kFoundMax{30};
constexpr seconds kGivenUpMax{135};

class Stall : public testing::Test {
 protected:
  Stall() {
    auto conf = kafka::make_conf({}, {}, {});
    handle_ = std::move(*kafka::make_handle(RD_KAFKA_PRODUCER, std::move(*conf)));
    cluster_ = rd_kafka_mock_cluster_new(handle_.get(), 2);
    rd_kafka_mock_topic_create(cluster_, "queries", 3, 2);
    for (int p = 0; p < 3; ++p) rd_kafka_mock_partition_set_leader(cluster_, "queries", p, kLeader);
  }
  ~Stall() override {
    source_.reset();
    rd_kafka_mock_cluster_destroy(cluster_);
  }

  void write(std::uint64_t records) const {
    auto writer = make_topic_writer(rd_kafka_mock_cluster_bootstraps(cluster_), "queries", 3);
    ASSERT_TRUE(writer.has_value()) << writer.error().message;
    for (std::uint64_t i = 0; i < records; ++i) {
      for (std::uint32_t p = 0; p < 3; ++p)
        ASSERT_TRUE((*writer)->write(p, "key", "{}", 1'000'000).has_value());
    }
    ASSERT_TRUE((*writer)->flush().has_value());
  }

  void stall() const {
    const auto partition = static_cast<std::int32_t>(kStalled);
    rd_kafka_mock_partition_set_follower_wmarks(cluster_, "queries", partition, 0, kBefore - 1);
    rd_kafka_mock_partition_set_follower(cluster_, "queries", partition, kFollower);
  }
  void heal() const {
    rd_kafka_mock_partition_set_follower_wmarks(cluster_, "queries", static_cast<std::int32_t>(kStalled), -1,
                                                -1);
  }

  /// Reads every record there is, then only those of the other partitions come.
  void read_until_it_stalls() {
    KafkaSourceOptions options;
    options.topic = "queries";
    options.settings = {{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)}};
    auto source = make_kafka_source(options, telemetry_, stop_);
    ASSERT_TRUE(source.has_value()) << source.error().message;
    source_ = std::move(*source);
    write(kBefore);
    poll_until(seconds(20), [&] { return total() == 3 * kBefore; });
    stall();
    // A fetch that is under way when the follower is named goes to the leader still.
    poll_until(seconds(2), [] { return false; });
    begin_ = steady_clock::now();
    write(kAfter);
    poll_until(seconds(20), [&] { return total() == 3 * kBefore + 2 * kAfter; });
    ASSERT_EQ(next_[kStalled], kBefore) << "the partition did not stall";
  }

  template <class Done>
  void poll_until(steady_clock::duration most, Done&& done) {
    const auto deadline = steady_clock::now() + most;
    SourceBatch batch;
    while (!done() && !failed_ && steady_clock::now() < deadline) {
      if (const auto polled = source_->poll(milliseconds(100), batch); !polled) failed_ = polled.error();
      for (const SourceRecord& record : batch.records) {
        EXPECT_EQ(record.offset, next_[record.partition]) << "of partition " << record.partition;
        next_[record.partition] = record.offset + 1;
      }
      for (const SilenceFound& found : batch.silent) silent_.push_back(found);
    }
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& [partition, next] : next_) sum += next;
    return sum;
  }
  steady_clock::duration since_the_stall() const { return steady_clock::now() - begin_; }

  kafka::Handle handle_;  // the cluster lives on its threads
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  Telemetry telemetry_;
  std::atomic<bool> stop_{false};
  std::unique_ptr<Source> source_;
  std::map<std::uint32_t, std::uint64_t> next_;
  std::vector<SilenceFound> silent_;
  std::optional<Error> failed_;
  steady_clock::time_point begin_;
};

// Fault 13: one partition stalls, then comes | a follower of librdkafka's cluster that does not catch up
// | found within 30 s, read anew, each record once | once
TEST_F(Stall, IsFoundWithinHalfAMinuteAndReadingItAnewBringsEachRecordOnce) {
  read_until_it_stalls();
  poll_until(kFoundMax, [&] { return !silent_.empty(); });
  ASSERT_EQ(silent_.size(), 1U);
  EXPECT_EQ(silent_[0].partition, kStalled);
  EXPECT_EQ(silent_[0].position, kBefore);
  EXPECT_LE(since_the_stall(), kFoundMax);
  EXPECT_EQ(telemetry_.lag_of("queries", kStalled), kAfter);
  heal();
  poll_until(seconds(30), [&] { return total() == 3 * (kBefore + kAfter); });
  EXPECT_EQ(next_[kStalled], kBefore + kAfter);
  EXPECT_LE(since_the_stall(), seconds(60));
  EXPECT_FALSE(failed_) << failed_->message;
}

// Fault 13: one partition stalls for good | a follower of librdkafka's cluster that does not catch up |
// told once, exit 75 after 2 minutes | once
TEST_F(Stall, ThatDoesNotEndEndsTheProcessAfterTwoMinutes) {
  read_until_it_stalls();
  poll_until(kGivenUpMax, [] { return false; });
  ASSERT_TRUE(failed_.has_value());
  EXPECT_EQ(failed_->code, ExitCode::temporary);
  EXPECT_THAT(failed_->message, testing::HasSubstr("partition queries/1 has been silent"));
  EXPECT_GE(since_the_stall(), seconds(110));
  EXPECT_LE(since_the_stall(), kGivenUpMax);
  EXPECT_EQ(silent_.size(), 1U);
  EXPECT_EQ(next_[kStalled], kBefore);
}

}  // namespace
}  // namespace blockwatch
