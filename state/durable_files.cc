#include "state/durable_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

namespace blockwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopiedAtOnce = std::size_t{1} << 20U;

/// Of the system's last call.
tl::unexpected<Error> refused(const std::string& doing) {
  return fail(ExitCode::temporary, doing + ": " + std::strerror(errno));
}

/// Closes what it holds.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

int create(const std::string& path, const Owner& owner) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::fchown(fd, owner.user, owner.group) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

Expected<CopiedFile> copy_file(const fs::path& from, const fs::path& to, const Owner& owner) {
  const File in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.is_open()) return refused("cannot read " + from.string());
  const File out(create(to.string(), owner));
  if (!out.is_open()) return refused("cannot create " + to.string());
  CopiedFile copied;
  copied.name = from.filename().string();
  Sha256 digest;
  std::vector<char> buffer(kCopiedAtOnce);
  for (;;) {
    const ssize_t got = ::read(in.fd(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused("cannot read " + from.string());
    if (got == 0) break;
    const auto size = static_cast<std::size_t>(got);
    digest.add({buffer.data(), size});
    copied.bytes += size;
    if (!write_all(out.fd(), buffer.data(), size)) return refused("cannot write " + to.string());
  }
  if (::fsync(out.fd()) != 0) return refused("cannot sync " + to.string());
  copied.sha256 = to_hex(digest.finish());
  return copied;
}

}  // namespace

Expected<void> sync_directory(const std::string& dir) {
  const File file(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.is_open() || ::fsync(file.fd()) != 0) return refused("cannot sync directory " + dir);
  return {};
}

Expected<void> make_directory(const std::string& dir, const Owner& owner) {
  if (::mkdir(dir.c_str(), 0700) != 0) return refused("cannot create directory " + dir);
  if (::chown(dir.c_str(), owner.user, owner.group) != 0) return refused("cannot change the owner of " + dir);
  return {};
}

Expected<std::string> content_beside(const std::string& dir,
                                     std::initializer_list<std::string_view> expected) {
  std::error_code error;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (std::find(expected.begin(), expected.end(), name) == expected.end()) return name;
  }
  if (error) return fail(ExitCode::temporary, "cannot read state directory " + dir + ": " + error.message());
  return std::string();
}

Expected<std::vector<CopiedFile>> copy_files(const std::string& from, const std::string& to,
                                             const Owner& owner,
                                             const std::function<bool(const std::string&)>& wanted) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(from, error), end; !error && it != end; it.increment(error))
    if (wanted(it->path().filename().string())) paths.push_back(it->path());
  if (error) return fail(ExitCode::temporary, "cannot read directory " + from + ": " + error.message());
  std::sort(paths.begin(), paths.end());
  if (auto made = make_directory(to, owner); !made) return tl::unexpected(made.error());
  std::vector<CopiedFile> copied;
  for (const fs::path& path : paths) {
    auto file = copy_file(path, fs::path(to) / path.filename(), owner);
    if (!file) return tl::unexpected(file.error());
    copied.push_back(std::move(*file));
  }
  if (auto synced = sync_directory(to); !synced) return tl::unexpected(synced.error());
  return copied;
}

Expected<void> write_file(const std::string& path, const std::string& text, const Owner& owner) {
  const File out(create(path, owner));
  if (!out.is_open() || !write_all(out.fd(), text.data(), text.size()) || ::fsync(out.fd()) != 0)
    return refused("cannot write " + path);
  return {};
}

Expected<void> rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return refused("cannot rename " + from + " to " + to);
  return sync_directory(fs::absolute(to).parent_path().string());
}

Expected<void> remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail(ExitCode::temporary, "cannot remove " + path + ": " + error.message());
  return {};
}

Expected<Owner> owner_of(const std::string& dir) {
  struct stat found {};
  if (::stat(dir.c_str(), &found) != 0) return refused("cannot read directory " + dir);
  return Owner{found.st_uid, found.st_gid};
}

}  // namespace blockwatch
