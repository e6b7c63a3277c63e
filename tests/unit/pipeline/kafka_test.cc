// Kafka in and out, on librdkafka's in-process cluster.
#include <map>
#include <set>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/kafka/client.h"
#include "pipeline/kafka/kafka_output.h"
#include "pipeline/kafka/kafka_source.h"
#include "pipeline/kafka/mock_cluster.h"
#include "pipeline/kafka/source_settings.h"
#include "pipeline/kafka/topic_writer.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr TimeNs kTime = 1'762'948'800'123 * kMillisecond;

class KafkaTest : public testing::Test {
 protected:
  KafkaTest() {
    auto cluster = make_mock_cluster();
    EXPECT_TRUE(cluster.has_value());
    cluster_ = std::move(*cluster);
    EXPECT_TRUE(cluster_->create_topic("queries", 3).has_value());
  }

  /// Offsets 0 … n-1 on each of the three partitions; the payload says where it is.
  void write(std::size_t records_per_partition, std::size_t first = 0) const {
    auto writer = make_topic_writer(cluster_->bootstrap_servers(), "queries", 3);
    ASSERT_TRUE(writer.has_value()) << writer.error().message;
    for (std::size_t i = first; i < first + records_per_partition; ++i) {
      for (std::uint32_t p = 0; p < 3; ++p)
        ASSERT_TRUE((*writer)->write(p, "key", payload(p, i), kTime).has_value());
    }
    ASSERT_TRUE((*writer)->flush().has_value());
  }
  static std::string payload(std::uint32_t partition, std::uint64_t offset) {
    return std::to_string(partition) + "/" + std::to_string(offset);
  }

  KafkaSourceOptions options() const {
    KafkaSourceOptions o;
    o.topic = "queries";
    o.settings = {{"bootstrap.servers", cluster_->bootstrap_servers()}};
    return o;
  }

  std::unique_ptr<Source> open(const KafkaSourceOptions& o) {
    auto source = make_kafka_source(o, telemetry_, stop_);
    EXPECT_TRUE(source.has_value()) << source.error().message;
    return source ? std::move(*source) : nullptr;
  }

  struct Seen {
    std::map<std::uint32_t, std::uint64_t> first, next;
    std::size_t records = 0, polls_with_records = 0;
    std::optional<Error> error;
  };

  /// Until every partition stands at its end or the source fails; each record is checked.
  static Seen read_to_end(Source& source) {
    Seen seen;
    SourceBatch batch;
    const auto deadline = steady_clock::now() + seconds(30);
    while (steady_clock::now() < deadline) {
      if (const auto polled = source.poll(milliseconds(100), batch); !polled) {
        seen.error = polled.error();
        return seen;
      }
      seen.polls_with_records += batch.records.empty() ? 0 : 1;
      for (const SourceRecord& r : batch.records) {
        EXPECT_EQ(r.offset, seen.next.contains(r.partition) ? seen.next[r.partition] : r.offset);
        seen.first.try_emplace(r.partition, r.offset);
        seen.next[r.partition] = r.offset + 1;
        EXPECT_EQ(r.payload, payload(r.partition, r.offset));
        EXPECT_EQ(r.broker_time, kTime);
        ++seen.records;
      }
      if (batch.at_end.size() == source.partitions().size()) return seen;
    }
    ADD_FAILURE() << "the end was not reached in 30 s";
    return seen;
  }

  static std::optional<GapFound> wait_for_gap(Source& source) {
    SourceBatch batch;
    const auto deadline = steady_clock::now() + seconds(30);
    while (steady_clock::now() < deadline) {
      if (!source.poll(milliseconds(100), batch)) return std::nullopt;
      if (!batch.gaps.empty()) return batch.gaps.front();
    }
    return std::nullopt;
  }

  std::unique_ptr<MockCluster> cluster_;
  Telemetry telemetry_;
  std::atomic<bool> stop_{false};
};

using KafkaSourceTest = KafkaTest;

TEST_F(KafkaSourceTest, DeliversEveryRecordInOrderAndInLargeBatches) {
  write(5000);
  const auto source = open(options());
  EXPECT_THAT(source->partitions(), ElementsAre(0, 1, 2));
  const Seen seen = read_to_end(*source);
  EXPECT_EQ(seen.records, 15'000U);
  EXPECT_EQ(seen.first, (std::map<std::uint32_t, std::uint64_t>{{0, 0}, {1, 0}, {2, 0}}));
  EXPECT_LT(seen.polls_with_records, 1000U);
}

TEST_F(KafkaSourceTest, StartsAtTheStoredOffsets) {
  write(100);
  KafkaSourceOptions o = options();
  o.starts[0].next_offset = 40;
  o.starts[2].next_offset = 100;
  const auto source = open(o);
  const Seen seen = read_to_end(*source);
  EXPECT_EQ(seen.first, (std::map<std::uint32_t, std::uint64_t>{{0, 40}, {1, 0}}));
  EXPECT_EQ(seen.next, (std::map<std::uint32_t, std::uint64_t>{{0, 100}, {1, 100}}));
}

TEST_F(KafkaSourceTest, TakesOnlyTheConfiguredRangeOfPartitions) {
  write(10);
  KafkaSourceOptions o = options();
  o.partitions = {1, 2};
  const auto source = open(o);
  EXPECT_THAT(source->partitions(), ElementsAre(1, 2));
  EXPECT_EQ(read_to_end(*source).next, (std::map<std::uint32_t, std::uint64_t>{{1, 10}, {2, 10}}));
}

TEST_F(KafkaSourceTest, AnEmptyTopicStandsAtItsEnd) {
  const auto source = open(options());
  const Seen seen = read_to_end(*source);
  EXPECT_EQ(seen.records, 0U);
}

TEST_F(KafkaSourceTest, ALiveRecordComesAtOnceAndEndsTheStandAtTheEnd) {
  const auto source = open(options());
  read_to_end(*source);
  write(1);
  SourceBatch batch;
  const auto begin = steady_clock::now();
  std::size_t records = 0;
  while (records < 3 && steady_clock::now() - begin < seconds(10)) {
    const auto polling = steady_clock::now();
    ASSERT_TRUE(source->poll(milliseconds(2000), batch).has_value());
    // Whatever is there is returned; a poll does not wait for more.
    if (!batch.records.empty()) {
      EXPECT_LT(steady_clock::now() - polling, milliseconds(1500));
    }
    records += batch.records.size();
  }
  EXPECT_EQ(records, 3U);
}

TEST_F(KafkaSourceTest, ReportsTheLag) {
  write(100);
  const auto source = open(options());
  read_to_end(*source);
  std::this_thread::sleep_for(milliseconds(600));
  SourceBatch batch;
  ASSERT_TRUE(source->poll(milliseconds(0), batch).has_value());
  for (std::uint32_t p = 0; p < 3; ++p) EXPECT_EQ(telemetry_.lag_of("queries", p), 0U) << p;
}

TEST_F(KafkaSourceTest, AnOffsetThatTheTopicDoesNotHaveHaltsItsPartitionAndTheOthersGoOn) {
  write(10);
  KafkaSourceOptions o = options();
  for (const std::uint32_t p : {0U, 1U, 2U}) o.starts[p].next_offset = p == 1 ? 11 : 10;
  const auto source = open(o);
  const auto gap = wait_for_gap(*source);
  ASSERT_TRUE(gap.has_value());
  EXPECT_EQ(gap->partition, 1U);
  EXPECT_EQ(gap->kind, GapKind::truncated);
  EXPECT_EQ(gap->position, 11U);
  EXPECT_EQ(gap->log_end, 10U);
  EXPECT_FALSE(gap->resumed_at);
  write(5, 10);
  SourceBatch batch;
  std::map<std::uint32_t, std::size_t> records;
  const auto deadline = steady_clock::now() + seconds(20);
  while ((records[0] < 5 || records[2] < 5) && steady_clock::now() < deadline) {
    ASSERT_TRUE(source->poll(milliseconds(100), batch).has_value());
    for (const SourceRecord& r : batch.records) ++records[r.partition];
    EXPECT_THAT(batch.at_end, testing::Not(testing::Contains(1U)));
  }
  EXPECT_EQ(records, (std::map<std::uint32_t, std::size_t>{{0, 5}, {2, 5}}));
}

TEST_F(KafkaSourceTest, OnceAllPartitionsAreHaltedItEnds) {
  write(10);
  KafkaSourceOptions o = options();
  o.partitions = {1, 1};
  o.starts[1].next_offset = 11;
  const auto source = open(o);
  ASSERT_TRUE(wait_for_gap(*source).has_value());
  SourceBatch batch;
  const auto polled = source->poll(milliseconds(0), batch);
  ASSERT_FALSE(polled.has_value());
  EXPECT_EQ(polled.error().code, ExitCode::state_damaged);
  EXPECT_THAT(polled.error().message, HasSubstr("halted: every partition of topic queries"));
}

TEST_F(KafkaSourceTest, TheRecordBeforeThePositionIsComparedAndNotDeliveredAgain) {
  write(10);
  KafkaSourceOptions o = options();
  o.fingerprint_key = {3, 4};
  const auto anchor = [&](std::uint32_t partition, std::uint64_t offset) {
    return Anchor{"", kTime, siphash(o.fingerprint_key, payload(partition, offset))};
  };
  o.starts[0] = {5, anchor(0, 4)};
  o.starts[1] = {5, anchor(1, 3)};
  o.starts[2] = {10, anchor(2, 9)};
  const auto source = open(o);
  SourceBatch batch;
  std::map<std::uint32_t, std::uint64_t> first;
  std::set<std::uint32_t> verified;
  std::vector<GapFound> gaps;
  const auto deadline = steady_clock::now() + seconds(20);
  while ((verified.size() < 2 || gaps.empty() || first.empty()) && steady_clock::now() < deadline) {
    ASSERT_TRUE(source->poll(milliseconds(100), batch).has_value());
    for (const SourceRecord& r : batch.records) first.try_emplace(r.partition, r.offset);
    verified.insert(batch.verified.begin(), batch.verified.end());
    gaps.insert(gaps.end(), batch.gaps.begin(), batch.gaps.end());
  }
  EXPECT_EQ(first, (std::map<std::uint32_t, std::uint64_t>{{0, 5}}));
  EXPECT_THAT(verified, ElementsAre(0, 2));
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].partition, 1U);
  EXPECT_EQ(gaps[0].kind, GapKind::anchor_differs);
  EXPECT_EQ(gaps[0].log_start, 0U);
  EXPECT_EQ(gaps[0].log_end, 10U);
}

TEST_F(KafkaSourceTest, AStateWithMorePartitionsThanTheTopicHalts) {
  KafkaSourceOptions o = options();
  o.starts[3].next_offset = 1;
  const auto source = make_kafka_source(o, telemetry_, stop_);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, ExitCode::state_damaged);
}

TEST_F(KafkaSourceTest, ARangeBeyondTheTopicIsRefused) {
  KafkaSourceOptions o = options();
  o.partitions = {0, 7};
  const auto source = make_kafka_source(o, telemetry_, stop_);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().message, "topic queries has 3 partitions (0-2); source.partitions asks for 0-7");
}

TEST_F(KafkaSourceTest, AStateThatCountedAPartitionOutsideTheRangeIsRefused) {
  KafkaSourceOptions o = options();
  o.partitions = {1, 2};
  o.starts[0].next_offset = 7;
  const auto source = make_kafka_source(o, telemetry_, stop_);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, ExitCode::bad_config);
  EXPECT_THAT(source.error().message,
              HasSubstr("has counted partition 0 of topic queries, and source.partitions is 1-2"));
}

TEST_F(KafkaSourceTest, ASettingThatTheClientRefusesIsBadConfiguration) {
  KafkaSourceOptions o = options();
  o.settings["no.such.setting"] = "1";
  const auto source = make_kafka_source(o, telemetry_, stop_);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, ExitCode::bad_config);
  EXPECT_THAT(source.error().message, HasSubstr("no.such.setting"));
}

TEST_F(KafkaSourceTest, OffsetsArriveAtTheBrokerAsAdvice) {
  write(10);
  KafkaSourceOptions o = options();
  o.settings["group.id"] = "lag-tools";
  const auto source = open(o);
  read_to_end(*source);
  PartitionProgress progress;
  progress.partition = 1;
  progress.next_offset = 7;
  source->committed(std::array{progress});

  auto conf = kafka::make_conf(o.settings, {}, {});
  ASSERT_TRUE(conf.has_value());
  const auto asker = kafka::make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
  ASSERT_TRUE(asker.has_value());
  const kafka::PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), "queries", 1);
  SourceBatch batch;
  const auto deadline = steady_clock::now() + seconds(20);
  do {
    ASSERT_TRUE(source->poll(milliseconds(100), batch).has_value());
    list->elems[0].offset = RD_KAFKA_OFFSET_INVALID;
    rd_kafka_committed(asker->get(), list.get(), 5000);
  } while (list->elems[0].offset != 7 && steady_clock::now() < deadline);
  EXPECT_EQ(list->elems[0].offset, 7);
}

TEST(KafkaSourceWithoutBroker, WaitsUntilTheStopAndThenEndsInTime) {
  Telemetry telemetry;
  std::atomic<bool> stop{false};
  KafkaSourceOptions options;
  options.topic = "queries";
  options.settings = {{"bootstrap.servers", "127.0.0.1:1"}};  // nobody listens there
  std::thread stopper([&stop] {
    std::this_thread::sleep_for(milliseconds(500));
    stop = true;
  });
  const auto begin = steady_clock::now();
  const auto source = make_kafka_source(options, telemetry, stop);
  const auto took = steady_clock::now() - begin;
  stopper.join();
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, ExitCode::ok);
  EXPECT_GE(took, milliseconds(450));
  EXPECT_LT(took, seconds(5));
}

using TopicWriterTest = KafkaTest;

TEST_F(TopicWriterTest, RefusesATopicWithAnotherNumberOfPartitions) {
  const auto writer = make_topic_writer(cluster_->bootstrap_servers(), "queries", 4);
  ASSERT_FALSE(writer.has_value());
  EXPECT_THAT(writer.error().message, HasSubstr("queries exists with 3 partitions, not 4"));
}

using KafkaOutputTest = KafkaTest;

std::vector<Notification> notifications(std::size_t count) {
  std::vector<Notification> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    all[i].sequence = i + 1;
    all[i].incident = "incident";
    all[i].body = "{\"n\":" + std::to_string(i) + "}";
  }
  return all;
}

TEST_F(KafkaOutputTest, ProducesInOrderWithKeyAndContentType) {
  ASSERT_TRUE(cluster_->create_topic("alerts", 1).has_value());
  const kafka::Settings settings{{"bootstrap.servers", cluster_->bootstrap_servers()}, {"group.id", "x"}};
  const auto output = make_kafka_output("siem", "alerts", settings);
  ASSERT_TRUE(output.has_value()) << output.error().message;
  const auto sent = notifications(200);
  const auto acknowledged = (*output)->deliver(sent, seconds(10));
  ASSERT_TRUE(acknowledged.has_value()) << acknowledged.error().message;
  EXPECT_EQ(*acknowledged, 200U);

  auto conf = kafka::make_conf(settings, {}, {});
  const auto consumer = kafka::make_handle(RD_KAFKA_CONSUMER, std::move(*conf));
  const kafka::PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), "alerts", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(consumer->get(), list.get());
  const auto deadline = steady_clock::now() + seconds(20);
  for (std::size_t i = 0; i < sent.size() && steady_clock::now() < deadline;) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer->get(), 1000);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      EXPECT_EQ(std::string(static_cast<const char*>(message->payload), message->len), sent[i].body);
      EXPECT_EQ(std::string(static_cast<const char*>(message->key), message->key_len), "incident");
      rd_kafka_headers_t* headers = nullptr;
      const void* value = nullptr;
      std::size_t size = 0;
      ASSERT_EQ(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
      ASSERT_EQ(rd_kafka_header_get_last(headers, "content-type", &value, &size), RD_KAFKA_RESP_ERR_NO_ERROR);
      EXPECT_EQ(std::string(static_cast<const char*>(value), size), "application/cloudevents+json");
      ++i;
      if (i == sent.size()) SUCCEED();
    }
    rd_kafka_message_destroy(message);
  }
  EXPECT_LT(steady_clock::now(), deadline);
}

TEST(KafkaOutputWithoutBroker, EveryAttemptFailsWithinItsTime) {
  const auto output = make_kafka_output("siem", "alerts", {{"bootstrap.servers", "127.0.0.1:1"}});
  ASSERT_TRUE(output.has_value());
  const auto begin = steady_clock::now();
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto acknowledged = (*output)->deliver(notifications(3), milliseconds(500));
    ASSERT_FALSE(acknowledged.has_value());
    EXPECT_THAT(acknowledged.error().message, HasSubstr("topic alerts: no acknowledgement in time"));
  }
  EXPECT_LT(steady_clock::now() - begin, seconds(6));
}

TEST(KafkaOutputSettings, ASettingThatTheClientRefusesIsFoundAtStart) {
  const auto output = make_kafka_output("siem", "alerts", {{"linger", "soon"}});
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, ExitCode::bad_config);
}

std::string default_of(const std::vector<kafka::Setting>& settings, std::string_view name) {
  for (const kafka::Setting& s : settings)
    if (s.name == name) return s.value;
  return "none";
}

TEST(SourceDefaults, WhereMemoryIsPlentyAreThoseThatWereMeasured) {
  const auto settings = kafka::source_defaults();
  EXPECT_EQ(default_of(settings, "queued.min.messages"), "50000");
  EXPECT_EQ(default_of(settings, "queued.max.messages.kbytes"), "24576");
  EXPECT_EQ(default_of(settings, "fetch.max.bytes"), "16777216");
}

TEST(SourceDefaults, KeepWhatIsFetchedToThePartOfTheSourcesQueue) {
  const auto settings = kafka::source_defaults(4U << 20U);
  EXPECT_EQ(default_of(settings, "queued.min.messages"), "4096");
  EXPECT_EQ(default_of(settings, "queued.max.messages.kbytes"), "1536");
  EXPECT_EQ(default_of(settings, "fetch.max.bytes"), "1048576");
}

TEST(SourceDefaults, AnAnswerHoldsAMessageOfTheOperatorsSize) {
  EXPECT_EQ(default_of(kafka::source_defaults(4U << 20U, 16U << 20U), "fetch.max.bytes"), "16777216");
}

}  // namespace
}  // namespace blockwatch
