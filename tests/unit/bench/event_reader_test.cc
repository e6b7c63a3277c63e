// The ceiling leaves nothing out: its reader and the golden records agree on what is an event.
#include "bench/ceiling/event_reader.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace blockwatch::bench {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(BLOCKWATCH_SOURCE_DIR) / "tests/golden/reject_reasons";

// What needs a broker timestamp or the jurisdictions to be told.
const std::set<std::string> kBeyondIt{"future_time", "before_retention", "bad_destination"};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

template <std::size_t kMax>
std::string text(const Code<kMax>& code) {
  return {code.text.data(), code.size};
}

std::string event_with_time(const std::string& time) {
  return R"({"id":"a","message_key":"DQ","origin":{"ori":"VTICE0900"},"destinations":["IL"],"time":")" +
         time + "\"}";
}

TEST(EventReader, CallsInvalidWhatTheGoldenRecordsCallSo) {
  EventReader reader;
  TypedEvent event;
  std::size_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(kGolden)) {
    if (file.path().extension() != ".json") continue;
    const std::string fate = file.path().parent_path().filename();
    const std::string payload = bytes_of(file.path());
    const bool valid = fate == "accepted" || kBeyondIt.contains(fate);
    EXPECT_EQ(reader.read(payload.data(), payload.size(), event), valid) << file.path();
    ++files;
  }
  EXPECT_GT(files, 80U);
}

TEST(EventReader, TypesEveryField) {
  EventReader reader;
  TypedEvent event;
  const std::string payload = bytes_of(kGolden / "accepted/full.json");
  ASSERT_TRUE(reader.read(payload.data(), payload.size(), event));
  EXPECT_EQ(event.id, "a1-0001");
  EXPECT_EQ(event.time, 1'762'977'807'410'000'000);
  EXPECT_EQ(text(event.key), "DQ");
  EXPECT_TRUE(event.photo);
  EXPECT_EQ(text(event.ori), "VTICE0900");
  EXPECT_EQ(text(event.line), "AX");
  EXPECT_EQ(text(event.purpose) + text(event.reason), "CF");
  EXPECT_EQ(text(event.channel), "nlets");
  EXPECT_EQ(event.outcome, Outcome::answered);
  ASSERT_EQ(event.destination_count, 2U);
  EXPECT_EQ(text(event.destinations[0]) + text(event.destinations[1]), "ILNY");
  ASSERT_EQ(event.results.size(), 1U);
  EXPECT_EQ(text(event.results[0].destination), "NY");
  EXPECT_EQ(event.results[0].outcome, Outcome::rejected);
}

TEST(EventReader, KeepsNothingOfTheRecordBefore) {
  EventReader reader;
  TypedEvent event;
  const std::string full = bytes_of(kGolden / "accepted/full.json");
  const std::string plain = event_with_time("2025-11-12T20:03Z");
  ASSERT_TRUE(reader.read(full.data(), full.size(), event));
  ASSERT_TRUE(reader.read(plain.data(), plain.size(), event));
  EXPECT_FALSE(event.photo);
  EXPECT_EQ(text(event.line) + text(event.purpose) + text(event.reason) + text(event.channel), "");
  EXPECT_EQ(event.outcome, Outcome::unknown);
  EXPECT_EQ(event.destination_count, 1U);
  EXPECT_TRUE(event.results.empty());
}

TEST(EventReader, ReadsTimes) {
  const std::vector<std::pair<std::string, std::int64_t>> times{
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01t00:00z", 0},
      {"1969-12-31T23:59:59.999999999Z", -1},
      {"1970-01-01T05:30:00.0000000019+05:30", 1},
      {"2016-12-31T23:59:60Z", 1'483'228'799'999'999'999},
      {"2024-02-29T00:00:01Z", 1'709'164'801'000'000'000},
  };
  EventReader reader;
  TypedEvent event;
  for (const auto& [time, nanos] : times) {
    const std::string payload = event_with_time(time);
    ASSERT_TRUE(reader.read(payload.data(), payload.size(), event)) << time;
    EXPECT_EQ(event.time, nanos) << time;
  }
}

}  // namespace
}  // namespace blockwatch::bench
