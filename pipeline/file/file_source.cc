#include "pipeline/file/file_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include <fmt/format.h>

namespace blockwatch {
namespace {

constexpr std::size_t kBatchRecordsMax = 10'000;
// What lies this far behind is given back to the system, so that a file larger than memory does not fill it.
constexpr std::size_t kDropBehindBytes = 64U << 20U;

/// A regular file mapped read-only. It must not be truncated while it is read: the process would end by
/// SIGBUS.
class MappedFile {
 public:
  MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}
  ~MappedFile() {
    if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
  }
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(other.size_),
        position_(other.position_),
        dropped_(other.dropped_),
        line_(other.line_) {}
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile& operator=(MappedFile&&) = delete;

  bool at_end() const { return position_ == size_; }
  std::uint64_t line() const { return line_; }
  std::size_t position() const { return position_; }
  std::size_t size() const { return size_; }

  /// The next line without its newline; a last one needs none. Not at the end.
  std::string_view next() {
    const char* begin = data_ + position_;
    const auto* newline = static_cast<const char*>(std::memchr(begin, '\n', size_ - position_));
    const std::size_t length =
        newline == nullptr ? size_ - position_ : static_cast<std::size_t>(newline - begin);
    position_ += length + (newline == nullptr ? 0 : 1);
    ++line_;
    return {begin, length};
  }

  /// Nothing before the position is borrowed any more.
  void drop_behind() {
    const std::size_t behind = position_ / kDropBehindBytes * kDropBehindBytes;
    if (behind <= dropped_) return;
    madvise(const_cast<char*>(data_ + dropped_), behind - dropped_, MADV_DONTNEED);
    dropped_ = behind;
  }

 private:
  const char* data_;
  std::size_t size_;
  std::size_t position_ = 0;
  std::size_t dropped_ = 0;
  std::uint64_t line_ = 0;  // of the next record
};

Expected<MappedFile> map_file(const std::string& path) {
  const auto failed = [&path](std::string_view what) {
    return fail(ExitCode::temporary, fmt::format("input {}: {}: {}", path, what, std::strerror(errno)));
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failed("cannot open");
  struct stat status {};
  const bool known = fstat(fd, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    close(fd);
    return fail(ExitCode::bad_config,
                fmt::format("input {}: not a regular file; write it to one first", path));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* data = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (data == MAP_FAILED) return failed("cannot map");
  if (data != nullptr) madvise(data, size, MADV_SEQUENTIAL);
  return MappedFile(static_cast<const char*>(data), size);
}

/// Takes from one file a poll, each in its turn, so that the partitions' clocks go forward together.
class NdjsonSource final : public FileSource {
 public:
  NdjsonSource(std::vector<MappedFile> files, TimeNs as_of) : files_(std::move(files)), as_of_(as_of) {
    for (std::uint32_t p = 0; p < files_.size(); ++p) {
      partitions_.push_back(p);
      bytes_total_ += files_[p].size();
    }
    count_bytes_read();
  }

  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
  std::uint64_t bytes_total() const override { return bytes_total_; }
  std::uint64_t bytes_read() const override { return bytes_read_.load(std::memory_order_relaxed); }

  Expected<void> poll(std::chrono::milliseconds timeout, SourceBatch& batch) override {
    batch.clear();
    for (MappedFile& file : files_) file.drop_behind();
    if (const auto partition = next_unfinished()) {
      MappedFile& file = files_[*partition];
      while (!file.at_end() && batch.records.size() < kBatchRecordsMax) {
        const std::uint64_t offset = file.line();
        batch.records.push_back({*partition, offset, as_of_, file.next()});
      }
      count_bytes_read();
    } else {
      std::this_thread::sleep_for(timeout);  // nothing will come any more
    }
    for (const std::uint32_t p : partitions_) {
      if (files_[p].at_end()) batch.at_end.push_back(p);
    }
    return {};
  }

  void committed(std::span<const PartitionProgress>) override {}

 private:
  std::optional<std::uint32_t> next_unfinished() {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const std::uint32_t candidate = turn_;
      turn_ = (turn_ + 1) % static_cast<std::uint32_t>(files_.size());
      if (!files_[candidate].at_end()) return candidate;
    }
    return std::nullopt;
  }

  void count_bytes_read() {
    std::uint64_t sum = 0;
    for (const MappedFile& file : files_) sum += file.position();
    bytes_read_.store(sum, std::memory_order_relaxed);
  }

  std::vector<MappedFile> files_;
  const TimeNs as_of_;
  std::vector<std::uint32_t> partitions_;
  std::uint64_t bytes_total_ = 0;
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
  std::vector<MappedFile> files;
  for (std::uint32_t partition = 0; partition < paths.size(); ++partition) {
    auto file = map_file(paths[partition]);
    if (!file) return tl::unexpected(file.error());
    const auto found = next_offsets.find(partition);
    const std::uint64_t next = found == next_offsets.end() ? 0 : found->second;
    while (file->line() < next && !file->at_end()) file->next();
    if (file->line() < next) {
      return fail(
          ExitCode::state_damaged,
          fmt::format("input {}: the state has counted {} lines of it, but it has only {}: another file than "
                      "before; give the same one, or an empty state.dir",
                      paths[partition], next, file->line()));
    }
    files.push_back(std::move(*file));
  }
  return std::make_unique<NdjsonSource>(std::move(files), as_of);
}

}  // namespace blockwatch
