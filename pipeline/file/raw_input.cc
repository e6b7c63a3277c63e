#include "pipeline/file/raw_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace blockwatch {
namespace {

constexpr std::size_t kStreamBytes = 256U << 10U;

}  // namespace

Expected<void> StreamInput::fetch(std::chrono::milliseconds wait) {
  const auto failed = [] {
    return fail(ExitCode::temporary, fmt::format("input -: cannot read: {}", std::strerror(errno)));
  };
  if (ended_) return {};
  if (bytes_.empty()) bytes_.resize(kStreamBytes);
  if (begin_ != 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, filled_ - begin_);
    filled_ -= begin_;
    begin_ = 0;
  }
  if (filled_ == bytes_.size()) return {};
  pollfd ready{fd_, POLLIN, 0};
  const int count = ::poll(&ready, 1, static_cast<int>(wait.count()));
  if (count < 0 && errno != EINTR) return failed();
  if (count <= 0) return {};
  const ssize_t read_bytes = ::read(fd_, bytes_.data() + filled_, bytes_.size() - filled_);
  if (read_bytes < 0 && errno != EINTR && errno != EAGAIN) return failed();
  if (read_bytes == 0) ended_ = true;
  if (read_bytes > 0) filled_ += static_cast<std::size_t>(read_bytes);
  return {};
}

}  // namespace blockwatch
