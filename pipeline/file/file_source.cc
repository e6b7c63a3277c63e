#include "pipeline/file/file_source.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "pipeline/file/line_reader.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;

/// Takes from one file a poll, each in its turn, so that the partitions' clocks go forward together.
class NdjsonSource final : public FileSource {
 public:
  NdjsonSource(std::vector<std::unique_ptr<LineReader>> files, TimeNs as_of)
      : files_(std::move(files)), as_of_(as_of), bytes_total_(0) {
    for (std::uint32_t p = 0; p < files_.size(); ++p) {
      partitions_.push_back(p);
      const auto bytes = files_[p]->bytes_total();
      bytes_total_ = bytes_total_ && bytes ? std::optional(*bytes_total_ + *bytes) : std::nullopt;
    }
    count_bytes_read();
  }

  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
  std::optional<std::uint64_t> bytes_total() const override { return bytes_total_; }
  std::uint64_t bytes_read() const override { return bytes_read_.load(std::memory_order_relaxed); }

  Expected<void> poll(milliseconds timeout, SourceBatch& batch) override {
    batch.clear();
    if (auto read = read_next(timeout, batch); !read) return read;
    count_bytes_read();
    for (const std::uint32_t p : partitions_) {
      if (files_[p]->at_end()) batch.at_end.push_back(p);
    }
    return {};
  }

  void committed(std::span<const PartitionProgress>) override {}

 private:
  /// From the first file in turn that has something. Only standard input may have to be waited for, and only
  /// when no other file has anything left.
  Expected<void> read_next(milliseconds timeout, SourceBatch& batch) {
    std::optional<std::uint32_t> empty_handed;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const std::uint32_t candidate = turn_;
      turn_ = (turn_ + 1) % static_cast<std::uint32_t>(files_.size());
      if (files_[candidate]->at_end()) continue;
      if (auto read = read_from(candidate, milliseconds(0), batch); !read) return read;
      if (!batch.records.empty()) return {};
      if (!files_[candidate]->at_end()) empty_handed = candidate;
    }
    if (empty_handed) return read_from(*empty_handed, timeout, batch);
    std::this_thread::sleep_for(timeout);  // nothing will come any more
    return {};
  }

  Expected<void> read_from(std::uint32_t partition, milliseconds wait, SourceBatch& batch) {
    return files_[partition]->read({partition, 0, as_of_, {}}, wait, batch);
  }

  void count_bytes_read() {
    std::uint64_t sum = 0;
    for (const auto& file : files_) sum += file->bytes_read();
    bytes_read_.store(sum, std::memory_order_relaxed);
  }

  std::vector<std::unique_ptr<LineReader>> files_;
  const TimeNs as_of_;
  std::vector<std::uint32_t> partitions_;
  std::optional<std::uint64_t> bytes_total_;
  std::atomic<std::uint64_t> bytes_read_{0};
  std::uint32_t turn_ = 0;
};

}  // namespace

Expected<std::unique_ptr<FileSource>> make_file_source(
    const std::vector<std::string>& paths, TimeNs as_of,
    const std::map<std::uint32_t, std::uint64_t>& next_offsets) {
  if (!next_offsets.empty() && next_offsets.rbegin()->first >= paths.size()) {
    return fail(
        ExitCode::state_damaged,
        fmt::format(
            "the state has counted input {}, but only {} are given: name the same files in the same order",
            next_offsets.rbegin()->first, paths.size()));
  }
  if (std::count(paths.begin(), paths.end(), "-") > 1) {
    return fail(ExitCode::usage, "input -: standard input is named twice, and can be read only once");
  }
  std::vector<std::unique_ptr<LineReader>> files;
  for (std::uint32_t partition = 0; partition < paths.size(); ++partition) {
    const auto found = next_offsets.find(partition);
    auto file = open_lines(paths[partition], found == next_offsets.end() ? 0 : found->second);
    if (!file) return tl::unexpected(file.error());
    files.push_back(std::move(*file));
  }
  return std::make_unique<NdjsonSource>(std::move(files), as_of);
}

}  // namespace blockwatch
