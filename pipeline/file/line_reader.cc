#include "pipeline/file/line_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pipeline/file/decoder.h"
#include "pipeline/file/mapped_file.h"
#include "pipeline/file/raw_input.h"

namespace blockwatch {
namespace {

constexpr std::size_t kBatchRecordsMax = 10'000;
// Decoded at once; a batch of records out of a compressed file is about as large.
constexpr std::size_t kDecodeBytes = 1U << 20U;
// A longer line is held in memory whole before it can be rejected as too large; this is no NDJSON any more.
constexpr std::size_t kLineBytesMax = 256U << 20U;

tl::unexpected<Error> too_few_lines(const std::string& path, std::uint64_t counted, std::uint64_t found) {
  return fail(
      ExitCode::state_damaged,
      fmt::format("input {}: the state has counted {} lines of it, but it has only {}: another file than "
                  "before; give the same one, or an empty state.dir",
                  path, counted, found));
}

/// A plain file: its lines are borrowed from the mapping.
class PlainLines final : public LineReader {
 public:
  explicit PlainLines(MappedFile file) : file_(std::move(file)) {}

  bool at_end() const override { return position_ == file_.bytes().size(); }
  std::optional<std::uint64_t> bytes_total() const override { return file_.bytes().size(); }
  std::uint64_t bytes_read() const override { return position_; }

  Expected<void> pass_over(std::uint64_t next, const std::string& path) {
    while (line_ < next && !at_end()) take();
    if (line_ < next) return too_few_lines(path, next, line_);
    return {};
  }

  Expected<void> read(const SourceRecord& like, std::chrono::milliseconds, SourceBatch& batch) override {
    file_.drop_before(position_);
    while (!at_end() && batch.records.size() < kBatchRecordsMax) {
      const std::uint64_t offset = line_;
      batch.records.push_back({like.partition, offset, like.broker_time, take()});
    }
    return {};
  }

 private:
  /// The next line without its newline. Not at the end.
  std::string_view take() {
    const std::string_view rest = file_.bytes().substr(position_);
    const auto* newline = static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
    const std::size_t length =
        newline == nullptr ? rest.size() : static_cast<std::size_t>(newline - rest.data());
    position_ += length + (newline == nullptr ? 0 : 1);
    ++line_;
    return rest.substr(0, length);
  }

  MappedFile file_;
  std::size_t position_ = 0;
  std::uint64_t line_ = 0;  // of the next record
};

/// A compressed file, or standard input, compressed or not: decoded a piece at a time into a buffer that the
/// lines are borrowed from.
class DecodedLines final : public LineReader {
 public:
  DecodedLines(std::string path, std::unique_ptr<RawInput> input, std::uint64_t next)
      : path_(std::move(path)), input_(std::move(input)), next_(next) {}

  bool at_end() const override { return decoded_all_ && begin_ == filled_; }
  std::optional<std::uint64_t> bytes_total() const override { return input_->total(); }
  std::uint64_t bytes_read() const override { return input_->consumed(); }

  Expected<void> read(const SourceRecord& like, std::chrono::milliseconds wait, SourceBatch& batch) override {
    if (!has_line()) {
      if (auto filled = fill(wait); !filled) return filled;
    }
    while (has_line() && batch.records.size() < kBatchRecordsMax) {
      const std::string_view text = take();
      const std::uint64_t offset = line_++;
      if (offset >= next_) batch.records.push_back({like.partition, offset, like.broker_time, text});
    }
    if (at_end() && line_ < next_) return too_few_lines(path_, next_, line_);
    return {};
  }

 private:
  /// A whole line is in the buffer: up to a newline, or what is left at the end.
  bool has_line() {
    if (newline_ == kNone) find_newline();
    return newline_ != kNone || (decoded_all_ && begin_ != filled_);
  }
  void find_newline() {
    if (scanned_ == filled_) return;
    const auto* found =
        static_cast<const char*>(std::memchr(buffer_.data() + scanned_, '\n', filled_ - scanned_));
    if (found == nullptr) {
      scanned_ = filled_;
    } else {
      newline_ = static_cast<std::size_t>(found - buffer_.data());
    }
  }
  std::string_view take() {
    const std::size_t end = newline_ == kNone ? filled_ : newline_;
    const std::string_view text(buffer_.data() + begin_, end - begin_);
    begin_ = scanned_ = newline_ == kNone ? filled_ : newline_ + 1;
    newline_ = kNone;
    return text;
  }

  /// Until a whole line is there, the input has ended, or nothing has come within `wait`.
  Expected<void> fill(std::chrono::milliseconds wait) {
    make_room();
    while (!has_line() && !decoded_all_) {
      if (decoder_ == nullptr || input_->at_hand().empty()) {
        const std::size_t before = input_->at_hand().size();
        if (auto fetched = input_->fetch(std::exchange(wait, std::chrono::milliseconds(0))); !fetched) {
          return fetched;
        }
        if (decoder_ == nullptr && input_->at_hand().size() < kMagicBytes && !input_->ended()) {
          if (input_->at_hand().size() == before) return {};
          continue;
        }
        if (auto chosen = choose_decoder(); !chosen) return chosen;
        if (input_->at_hand().empty() && !input_->ended()) return {};
      }
      if (auto decoded = decode(); !decoded) return decoded;
    }
    return {};
  }

  Expected<void> choose_decoder() {
    if (decoder_ != nullptr) return {};
    const Compression found = compression_of(input_->at_hand());
    const Compression named = path_.ends_with(".gz")    ? Compression::gzip
                              : path_.ends_with(".zst") ? Compression::zstd
                                                        : found;
    if (found != named) {
      return fail(
          ExitCode::state_damaged,
          fmt::format("input {}: does not begin like {} data at byte 0: cut off, damaged, or misnamed; "
                      "give the whole file, or name it for what it is",
                      path_, name_of(named)));
    }
    decoder_ = make_decoder(found, path_);
    return {};
  }

  Expected<void> decode() {
    if (filled_ - begin_ > kLineBytesMax) {
      return fail(ExitCode::state_damaged, fmt::format("input {}: line {} is longer than {} bytes: no NDJSON",
                                                       path_, line_, kLineBytesMax));
    }
    if (buffer_.size() - filled_ < kDecodeBytes)
      buffer_.resize(std::max(filled_ + kDecodeBytes, filled_ * 2));
    std::string_view rest = input_->at_hand();
    const std::size_t before = rest.size();
    const auto count = decoder_->decode(rest, buffer_.data() + filled_, buffer_.size() - filled_);
    if (!count) return tl::unexpected<Error>(count.error());
    input_->consume(before - rest.size());
    filled_ += *count;
    if (*count != 0 || !rest.empty() || !input_->ended()) return {};
    if (auto finished = decoder_->finish(); !finished) return finished;
    decoded_all_ = true;
    return {};
  }

  /// Nothing before begin_ is borrowed any more.
  void make_room() {
    if (begin_ == 0) return;
    std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
    filled_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::string path_;
  std::unique_ptr<RawInput> input_;
  std::unique_ptr<Decoder> decoder_;  // chosen by the first bytes
  std::vector<char> buffer_;
  std::size_t begin_ = 0, filled_ = 0;  // of what is decoded and not yet a record
  std::size_t scanned_ = 0;             // no newline stands between begin_ and here
  std::size_t newline_ = kNone;         // the first one, if it was looked for
  std::uint64_t line_ = 0;              // of the next line
  std::uint64_t next_;                  // the first line that was not counted before
  bool decoded_all_ = false;
};

}  // namespace

Expected<std::unique_ptr<LineReader>> open_lines(const std::string& path, std::uint64_t next) {
  if (path == "-") {
    return std::make_unique<DecodedLines>(path, std::make_unique<StreamInput>(STDIN_FILENO), next);
  }
  auto file = MappedFile::open(path);
  if (!file) return tl::unexpected(file.error());
  const bool plain_name = !path.ends_with(".gz") && !path.ends_with(".zst");
  if (!plain_name || compression_of(file->bytes()) != Compression::none) {
    return std::make_unique<DecodedLines>(path, std::make_unique<FileInput>(std::move(*file)), next);
  }
  auto lines = std::make_unique<PlainLines>(std::move(*file));
  if (auto passed = lines->pass_over(next, path); !passed) return tl::unexpected(passed.error());
  return lines;
}

}  // namespace blockwatch
