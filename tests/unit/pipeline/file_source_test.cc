// NDJSON files as a source: what is a record, where it goes on, what ends.
#include "pipeline/file/file_source.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using std::chrono::milliseconds;

constexpr TimeNs kAsOf = 1'762'948'800 * kSecond;

class FileSourceTest : public testing::Test {
 protected:
  FileSourceTest() {
    std::string pattern = testing::TempDir() + "blockwatch-files-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~FileSourceTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  std::string file(const std::string& name, std::string_view bytes) const {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << bytes;
    return dir_ + "/" + name;
  }

  struct Read {
    std::uint32_t partition;
    std::uint64_t offset;
    std::string payload;
    bool operator==(const Read&) const = default;
  };

  /// Everything until all partitions stand at their end.
  static std::vector<Read> read_all(FileSource& source) {
    std::vector<Read> all;
    SourceBatch batch;
    do {
      EXPECT_TRUE(source.poll(milliseconds(0), batch).has_value());
      EXPECT_LE(batch.records.size(), 10'000U);
      for (const SourceRecord& r : batch.records) {
        EXPECT_EQ(r.broker_time, kAsOf);
        all.push_back({r.partition, r.offset, std::string(r.payload)});
      }
    } while (batch.at_end.size() < source.partitions().size());
    return all;
  }

  std::vector<Read> read(std::string_view bytes) const {
    auto source = make_file_source({file("one", bytes)}, kAsOf, {});
    EXPECT_TRUE(source.has_value());
    return read_all(**source);
  }

  std::string dir_;
};

TEST_F(FileSourceTest, EachLineIsARecordWithoutItsNewline) {
  EXPECT_EQ(read("{\"a\":1}\n{\"b\":2}\n"), (std::vector<Read>{{0, 0, "{\"a\":1}"}, {0, 1, "{\"b\":2}"}}));
}

TEST_F(FileSourceTest, ALastLineNeedsNoNewline) {
  EXPECT_EQ(read("a\nb"), (std::vector<Read>{{0, 0, "a"}, {0, 1, "b"}}));
}

TEST_F(FileSourceTest, ABlankLineIsARecordButNotTheNothingAfterTheLastNewline) {
  EXPECT_EQ(read("\na\n\n"), (std::vector<Read>{{0, 0, ""}, {0, 1, "a"}, {0, 2, ""}}));
}

TEST_F(FileSourceTest, ACarriageReturnAndAZeroByteBelongToTheRecord) {
  EXPECT_EQ(read(std::string_view("a\r\nb\0c\n", 7)),
            (std::vector<Read>{{0, 0, "a\r"}, {0, 1, std::string("b\0c", 3)}}));
}

TEST_F(FileSourceTest, AnEmptyFileStandsAtItsEndAtOnce) {
  EXPECT_TRUE(read("").empty());
}

TEST_F(FileSourceTest, SeveralFilesArePartitionsInTheOrderGiven) {
  auto source = make_file_source({file("b", "1\n2\n"), file("a", ""), file("c", "3\n")}, kAsOf, {});
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((*source)->partitions(), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(read_all(**source), (std::vector<Read>{{0, 0, "1"}, {0, 1, "2"}, {2, 0, "3"}}));
}

TEST_F(FileSourceTest, ALongFileComesInBoundedBatchesThatTakeTurns) {
  std::string lines;
  for (int i = 0; i < 25'000; ++i) lines += std::to_string(i) + "\n";
  auto source = make_file_source({file("a", lines), file("b", lines)}, kAsOf, {});
  ASSERT_TRUE(source.has_value());
  const std::vector<Read> all = read_all(**source);
  ASSERT_EQ(all.size(), 50'000U);
  EXPECT_EQ(all[10'000].partition, 1U);
  std::map<std::uint32_t, std::uint64_t> next;
  for (const Read& r : all) {
    ASSERT_EQ(r.offset, next[r.partition]++);
    ASSERT_EQ(r.payload, std::to_string(r.offset));
  }
}

TEST_F(FileSourceTest, GoesOnAtTheNextOffset) {
  const std::string path = file("one", "a\nb\nc\n");
  auto middle = make_file_source({path}, kAsOf, {{0, 2}});
  ASSERT_TRUE(middle.has_value());
  EXPECT_EQ(read_all(**middle), (std::vector<Read>{{0, 2, "c"}}));
  auto end = make_file_source({path}, kAsOf, {{0, 3}});
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(read_all(**end).empty());
}

TEST_F(FileSourceTest, AFileWithFewerLinesThanWereCountedIsRefused) {
  const auto source = make_file_source({file("one", "a\nb\n")}, kAsOf, {{0, 3}});
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, ExitCode::state_damaged);
  EXPECT_NE(source.error().message.find("has counted 3 lines of it, but it has only 2"), std::string::npos);
}

TEST_F(FileSourceTest, FewerFilesThanWereCountedAreRefused) {
  const auto source = make_file_source({file("one", "a\n")}, kAsOf, {{0, 1}, {1, 1}});
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, ExitCode::state_damaged);
}

TEST_F(FileSourceTest, AMissingFileAndADirectoryAreRefusedByName) {
  for (const std::string& path : {dir_ + "/absent", dir_}) {
    const auto source = make_file_source({path}, kAsOf, {});
    ASSERT_FALSE(source.has_value());
    EXPECT_NE(source.error().message.find(path), std::string::npos);
  }
}

TEST_F(FileSourceTest, BytesReadReachTheTotal) {
  auto source = make_file_source({file("a", "12\n34"), file("b", "5\n")}, kAsOf, {});
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((*source)->bytes_total(), 7U);
  EXPECT_EQ((*source)->bytes_read(), 0U);
  read_all(**source);
  EXPECT_EQ((*source)->bytes_read(), 7U);
}

}  // namespace
}  // namespace blockwatch
