// The listing of rejects, whole and by pages.
#include "query/rejects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_snapshot.h"

namespace blockwatch {
namespace {

class Rejects : public testing::Test {
 public:
  Rejects() {
    for (const std::uint32_t partition : {0U, 2U, 11U}) {
      state.progress(partition);
      for (const std::uint64_t offset : {3U, 40U}) {
        const auto reason = offset == 3 ? RejectReason::not_json : RejectReason::bad_ori;
        state.stored_rejects.push_back({partition, 0, offset, reason, 7, {}});
      }
    }
  }
  /// "PARTITION/OFFSET …", then "next" if there is one.
  std::string positions(const RejectWords& words, std::optional<std::size_t> max = std::nullopt) {
    const auto json = nlohmann::json::parse(rejects_json(state, words, max).value());
    std::string out;
    for (const auto& r : json["rejects"]) out += r["partition"].dump() + "/" + r["offset"].dump() + " ";
    return json.contains("next") ? out + "next " + json["next"].get<std::string>() : out;
  }

  FakeSnapshot state;
};

TEST_F(Rejects, ShowWhatTheContractLists) {
  state.stored_rejects.resize(1);
  state.stored_rejects[0].hash[31] = 0xAB;
  EXPECT_EQ(
      rejects_json(state, {}).value(),
      R"({"rejects":[{"topic":"nlets.queries","partition":0,"offset":3,"reason":"not_json","length":7,"hash":)"
      R"("00000000000000000000000000000000000000000000000000000000000000ab"}]})");
}

TEST_F(Rejects, AreInOrderOfPartitionAndOffset) {
  EXPECT_EQ(positions({}), "0/3 0/40 2/3 2/40 11/3 11/40 ");
}

TEST_F(Rejects, AreFilteredByReasonAndPartition) {
  EXPECT_EQ(positions({.reason = "bad_ori"}), "0/40 2/40 11/40 ");
  EXPECT_EQ(positions({.partition = "2"}), "2/3 2/40 ");
  EXPECT_EQ(positions({.reason = "not_json", .partition = "11"}), "11/3 ");
  EXPECT_EQ(positions({.partition = "1"}), "");
}

TEST_F(Rejects, PagesTogetherAreTheWhole) {
  for (std::size_t max = 1; max <= 7; ++max) {
    std::string whole;
    RejectWords words;
    for (;;) {
      const std::string page = positions(words, max);
      whole += page.substr(0, page.find("next"));
      if (page.find("next") == std::string::npos) break;
      words.after = page.substr(page.find("next") + 5);
    }
    EXPECT_EQ(whole, positions({})) << max << " a page";
  }
}

TEST_F(Rejects, APageOfOnePartitionDoesNotLeaveIt) {
  EXPECT_EQ(positions({.partition = "2", .after = "0/3"}, 1), "2/3 next 2/3");
  EXPECT_EQ(positions({.partition = "2", .after = "2/3"}, 1), "2/40 ");
  EXPECT_EQ(positions({.partition = "2", .after = "11/3"}, 1), "");
}

TEST_F(Rejects, WordsThatCannotBeFollowedAreUsage) {
  for (const RejectWords& words :
       {RejectWords{.reason = "unreadable"}, RejectWords{.partition = "-1"}, RejectWords{.partition = "x"},
        RejectWords{.after = "3"}, RejectWords{.after = "0/18446744073709551615"}}) {
    const auto made = rejects_json(state, words);
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, ExitCode::usage);
  }
}

}  // namespace
}  // namespace blockwatch
