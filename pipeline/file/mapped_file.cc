#include "pipeline/file/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace blockwatch {
namespace {

constexpr std::size_t kDropBehindBytes = 64U << 20U;

}  // namespace

Expected<MappedFile> MappedFile::open(const std::string& path) {
  const auto failed = [&path](std::string_view what) {
    return fail(ExitCode::temporary, fmt::format("input {}: {}: {}", path, what, std::strerror(errno)));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failed("cannot open");
  struct stat status {};
  const bool known = fstat(fd, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    close(fd);
    return fail(ExitCode::bad_config,
                fmt::format("input {}: not a regular file; write it to one first, or give - and let standard "
                            "input read it",
                            path));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  void* data = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (data == MAP_FAILED) return failed("cannot map");
  if (data != nullptr) madvise(data, size, MADV_SEQUENTIAL);
  return MappedFile(static_cast<const char*>(data), size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(other.size_), dropped_(other.dropped_) {}

void MappedFile::drop_before(std::size_t position) {
  const std::size_t behind = position / kDropBehindBytes * kDropBehindBytes;
  if (behind <= dropped_) return;
  madvise(const_cast<char*>(data_ + dropped_), behind - dropped_, MADV_DONTNEED);
  dropped_ = behind;
}

}  // namespace blockwatch
