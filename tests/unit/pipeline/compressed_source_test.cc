// Compressed files and standard input as a source: the same lines at the same offsets, and no silent end.
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/file/file_source.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr TimeNs kAsOf = 1'762'948'800 * kSecond;

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size());
  EXPECT_EQ(ZSTD_isError(size), 0U);
  out.resize(size);
  return out;
}

/// Lines that do not compress to nothing: numbers and a little noise.
std::string some_lines(int count) {
  std::string lines;
  unsigned noise = 1;
  for (int i = 0; i < count; ++i) {
    noise = noise * 1103515245U + 12345U;
    lines += std::to_string(i) + ' ' + std::to_string(noise) + '\n';
  }
  return lines;
}

struct Read {
  std::uint32_t partition;
  std::uint64_t offset;
  std::string payload;
  bool operator==(const Read&) const = default;
};

/// What a source gave until all partitions stood at their end, or an error ended it.
struct Whole {
  std::vector<Read> records;
  std::optional<Error> error;
};

Whole read_all(FileSource& source) {
  Whole whole;
  SourceBatch batch;
  do {
    if (const auto polled = source.poll(milliseconds(1), batch); !polled) {
      whole.error = polled.error();
      return whole;
    }
    for (const SourceRecord& r : batch.records) {
      EXPECT_EQ(r.broker_time, kAsOf);
      whole.records.push_back({r.partition, r.offset, std::string(r.payload)});
    }
  } while (batch.at_end.size() < source.partitions().size());
  return whole;
}

class CompressedSource : public testing::Test {
 protected:
  CompressedSource() {
    std::string pattern = testing::TempDir() + "blockwatch-files-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~CompressedSource() override {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  std::string file(const std::string& name, std::string_view bytes) const {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << bytes;
    return dir_ + "/" + name;
  }
  static Whole read(const std::vector<std::string>& paths,
                    const std::map<std::uint32_t, std::uint64_t>& next = {}) {
    auto source = make_file_source(paths, kAsOf, next);
    EXPECT_TRUE(source.has_value()) << source.error().message;
    return source ? read_all(**source) : Whole{};
  }
  /// The same bytes, plain: what every compressed twin has to give.
  std::vector<Read> plain(std::string_view bytes) const { return read({file("plain", bytes)}).records; }

  std::string dir_;
};

TEST_F(CompressedSource, GivesTheLinesOfThePlainFile) {
  const std::string lines =
      some_lines(100'000) + "\n\r\n" + std::string(3'000'000, 'x') + "\nlast without newline";
  const auto wanted = plain(lines);
  ASSERT_EQ(wanted.size(), 100'004U);
  for (const std::string& path : {file("a.gz", gzip(lines)), file("a.zst", zstd(lines))}) {
    const Whole got = read({path});
    EXPECT_FALSE(got.error) << got.error->message;
    EXPECT_TRUE(got.records == wanted) << path;
  }
}

TEST_F(CompressedSource, IsToldByItsFirstBytesAndNotOnlyByItsName) {
  for (const std::string& bytes : {gzip("a\nb\n"), zstd("a\nb\n")}) {
    EXPECT_EQ(read({file("events.ndjson", bytes)}).records, (std::vector<Read>{{0, 0, "a"}, {0, 1, "b"}}));
  }
}

TEST_F(CompressedSource, ReadsMembersAndFramesThatFollowEachOtherAsOne) {
  const std::string skippable("\x50\x2A\x4D\x18\x03\x00\x00\x00xyz", 11);
  const std::vector<Read> wanted{{0, 0, "a"}, {0, 1, "bc"}, {0, 2, "d"}};
  EXPECT_EQ(read({file("a.gz", gzip("a\nb") + gzip("") + gzip("c\nd\n"))}).records, wanted);
  EXPECT_EQ(read({file("a.zst", skippable + zstd("a\nb") + zstd("") + skippable + zstd("c\nd\n"))}).records,
            wanted);
}

TEST_F(CompressedSource, AnEmptyMemberIsAnEmptyFile) {
  for (const std::string& path : {file("a.gz", gzip("")), file("a.zst", zstd(""))}) {
    const Whole got = read({path});
    EXPECT_FALSE(got.error);
    EXPECT_TRUE(got.records.empty());
  }
}

TEST_F(CompressedSource, CutOffAnywhereIsAnErrorWithFileAndByteAndNeverASilentEnd) {
  const std::string lines = some_lines(2'000);
  const auto wanted = plain(lines);
  for (const bool gz : {true, false}) {
    const std::string whole = gz ? gzip(lines) : zstd(lines);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{20},
                                   whole.size() / 2, whole.size() - 8, whole.size() - 1}) {
      const std::string path = file(gz ? "cut.gz" : "cut.zst", std::string_view(whole).substr(0, size));
      const Whole got = read({path});
      ASSERT_TRUE(got.error) << path << " of " << size << " bytes";
      EXPECT_THAT(got.error->message, HasSubstr(path));
      EXPECT_THAT(
          got.error->message,
          HasSubstr(size < 4 && !(gz && size >= 2) ? "at byte 0" : "at byte " + std::to_string(size)));
      ASSERT_LE(got.records.size(), wanted.size());
      EXPECT_TRUE(std::equal(got.records.begin(), got.records.end(), wanted.begin()));
    }
  }
}

TEST_F(CompressedSource, ASecondMemberCutOffTellsWhereItBegins) {
  const std::string first = gzip("a\n");
  const Whole got = read({file("a.gz", first + gzip("b\n").substr(0, 12))});
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, ExitCode::temporary);
  EXPECT_THAT(got.error->message, HasSubstr("cut off at byte " + std::to_string(first.size() + 12)));
  EXPECT_THAT(got.error->message, HasSubstr("begins at byte " + std::to_string(first.size())));
}

TEST_F(CompressedSource, OneFlippedBitIsAnErrorThatIsNotTriedAgain) {
  const std::string lines = some_lines(2'000);
  for (const bool gz : {true, false}) {
    std::string bytes = gz ? gzip(lines) : zstd(lines);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    const Whole got = read({file(gz ? "bad.gz" : "bad.zst", bytes)});
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->code, ExitCode::state_damaged);
    EXPECT_THAT(got.error->message, HasSubstr(gz ? "damaged gzip at byte " : "damaged Zstandard at byte "));
  }
}

TEST_F(CompressedSource, BytesBehindTheLastMemberAreAnError) {
  for (const std::string& path :
       {file("a.gz", gzip("a\n") + "junk"), file("a.zst", zstd("a\n") + "junkjunk")}) {
    const Whole got = read({path});
    ASSERT_TRUE(got.error) << path;
    EXPECT_EQ(got.error->code, ExitCode::state_damaged);
  }
}

TEST_F(CompressedSource, APlainFileWithACompressedNameIsAnError) {
  for (const char* name : {"a.gz", "a.zst"}) {
    const Whole got = read({file(name, "{\"a\":1}\n")});
    ASSERT_TRUE(got.error);
    EXPECT_THAT(got.error->message, HasSubstr("does not begin like"));
    EXPECT_TRUE(got.records.empty());
  }
}

TEST_F(CompressedSource, GoesOnAtTheNextOffset) {
  const std::string lines = some_lines(50'000);
  const auto wanted = plain(lines);
  for (const std::string& path : {file("a.gz", gzip(lines)), file("a.zst", zstd(lines))}) {
    for (const std::uint64_t next : {1ULL, 12'345ULL, 49'999ULL, 50'000ULL}) {
      const Whole got = read({path}, {{0, next}});
      EXPECT_FALSE(got.error);
      EXPECT_TRUE(std::equal(got.records.begin(), got.records.end(),
                             wanted.begin() + static_cast<std::ptrdiff_t>(next), wanted.end()));
    }
    const Whole got = read({path}, {{0, 50'001}});
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->code, ExitCode::state_damaged);
    EXPECT_THAT(got.error->message, HasSubstr("has counted 50001 lines of it, but it has only 50000"));
  }
}

TEST_F(CompressedSource, PlainAndCompressedFilesArePartitionsSideBySide) {
  const Whole got = read({file("a.zst", zstd("1\n2\n")), file("b", "3\n"), file("c.gz", gzip("4\n"))});
  EXPECT_THAT(got.records, testing::UnorderedElementsAre(Read{0, 0, "1"}, Read{0, 1, "2"}, Read{1, 0, "3"},
                                                         Read{2, 0, "4"}));
}

TEST_F(CompressedSource, ProgressIsInBytesOfTheFilesAsTheyStandThere) {
  const std::string packed = gzip(some_lines(200'000));
  auto source = make_file_source({file("a.gz", packed), file("b", "12\n")}, kAsOf, {});
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((*source)->bytes_total(), packed.size() + 3);
  SourceBatch batch;
  ASSERT_TRUE((*source)->poll(milliseconds(0), batch).has_value());
  EXPECT_LT((*source)->bytes_read(), packed.size());
  read_all(**source);
  EXPECT_EQ((*source)->bytes_read(), packed.size() + 3);
}

/// Standard input of this process while it lives.
class StandardInput {
 public:
  StandardInput() : saved_(::dup(STDIN_FILENO)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    write_end_ = ends[1];
  }
  ~StandardInput() {
    end();
    ::dup2(saved_, STDIN_FILENO);
    ::close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  void give(std::string_view bytes) const {
    ASSERT_EQ(::write(write_end_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void end() {
    if (write_end_ >= 0) ::close(std::exchange(write_end_, -1));
  }

 private:
  int saved_;
  int write_end_ = -1;
};

TEST_F(CompressedSource, StandardInputGivesItsLinesPlainOrCompressed) {
  for (const std::string& bytes : {std::string("a\nb"), gzip("a\nb"), zstd("a\nb")}) {
    StandardInput input;
    input.give(bytes);
    input.end();
    const Whole got = read({"-"});
    EXPECT_FALSE(got.error);
    EXPECT_EQ(got.records, (std::vector<Read>{{0, 0, "a"}, {0, 1, "b"}}));
  }
}

TEST_F(CompressedSource, StandardInputGivesALineOnceItIsWholeAndHasNoEndBeforeItEnds) {
  StandardInput input;
  auto source = make_file_source({"-", file("b", "z\n")}, kAsOf, {});
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ((*source)->bytes_total(), std::nullopt);
  SourceBatch batch;
  const auto poll = [&] {
    EXPECT_TRUE((*source)->poll(milliseconds(0), batch).has_value());
    std::vector<std::string> payloads;
    for (const auto& r : batch.records) payloads.emplace_back(r.payload);
    return payloads;
  };
  EXPECT_EQ(poll(), std::vector<std::string>{"z"});  // it waits for nobody
  input.give("{");
  EXPECT_TRUE(poll().empty());
  input.give("\"a\":1}\nhalf");
  EXPECT_EQ(poll(), std::vector<std::string>{"{\"a\":1}"});
  EXPECT_TRUE(poll().empty());
  EXPECT_EQ(batch.at_end, std::vector<std::uint32_t>{1});
  input.give(" line");
  input.end();
  EXPECT_EQ(poll(), std::vector<std::string>{"half line"});
  EXPECT_EQ(batch.at_end, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(CompressedSource, StandardInputGoesOnAtTheNextOffset) {
  for (const bool enough : {true, false}) {
    StandardInput input;
    input.give("a\nb\nc\n");
    input.end();
    const Whole got = read({"-"}, {{0, enough ? 2 : 4}});
    EXPECT_EQ(got.error.has_value(), !enough);
    EXPECT_EQ(got.records, enough ? (std::vector<Read>{{0, 2, "c"}}) : std::vector<Read>{});
  }
}

TEST_F(CompressedSource, StandardInputTwiceIsRefused) {
  const auto source = make_file_source({"-", "-"}, kAsOf, {});
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().code, ExitCode::usage);
}

}  // namespace
}  // namespace blockwatch
