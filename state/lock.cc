#include "state/lock.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace blockwatch {
namespace {

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// 0: nobody knows (the holder lives in another pid namespace, say).
long holder_pid(int fd) {
  struct flock query = whole_file(F_WRLCK);
  if (::fcntl(fd, F_GETLK, &query) == 0 && query.l_type != F_UNLCK && query.l_pid > 0) return query.l_pid;
  std::array<char, 24> text{};
  if (::pread(fd, text.data(), text.size() - 1, 0) <= 0) return 0;
  return std::strtol(text.data(), nullptr, 10);
}

std::string describe_holder(long pid) {
  if (pid <= 0) return "another process";
  std::string name;
  std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
  std::getline(comm, name);
  return "pid " + std::to_string(pid) + (name.empty() ? "" : " (" + name + ")");
}

Error system_error(const std::string& what) {
  return {ExitCode::temporary, what + ": " + std::strerror(errno)};
}

}  // namespace

Expected<DirectoryLock> DirectoryLock::take(const std::string& dir, Mode mode) {
  const std::string path = dir + "/" + kLockFile;
  const bool exclusive = mode == Mode::exclusive;
  const int fd = ::open(path.c_str(), exclusive ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0600);
  if (fd < 0) return tl::unexpected(system_error("cannot open the lock file " + path));
  DirectoryLock lock(fd);
  if (::flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return tl::unexpected(system_error("cannot lock " + path));
    return fail(
        ExitCode::temporary,
        "state directory " + dir + " is held by " + describe_holder(holder_pid(fd)) +
            "; it serves one process at a time: stop that one, or ask a running daemon over HTTP (--url)");
  }
  struct flock record = whole_file(exclusive ? F_WRLCK : F_RDLCK);
  if (::fcntl(fd, F_SETLK, &record) != 0) return tl::unexpected(system_error("cannot lock " + path));
  if (exclusive) {
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) != 0 ||
        ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
      return tl::unexpected(system_error("cannot write the lock file " + path));
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace blockwatch
