#include "state/checkpoint.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <fcntl.h>
#include <rocksdb/utilities/checkpoint.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "state/durable_files.h"
#include "state/failure.h"
#include "state/lock.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAskInterval{50};

struct Paths {
  explicit Paths(const std::string& dir)
      : wanted(dir + "/checkpoint.wanted"), made(dir + "/checkpoint"), failed(dir + "/checkpoint.failed") {}
  std::string wanted, made, failed;
  std::string partial() const { return made + ".partial"; }
};

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// The flock of whoever makes a backup of `dir`, or -1.
int lock_for_backup(const std::string& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  errno = error;
  return -1;
}

Expected<void> remove_all_of(const Paths& paths) {
  for (const std::string& path : {paths.wanted, paths.failed, paths.partial(), paths.made})
    if (auto removed = remove_tree(path); !removed) return removed;
  return {};
}

Expected<void> make(const Store& store, const Paths& paths) {
  for (const std::string& path : {paths.wanted, paths.partial(), paths.made})
    if (auto removed = remove_tree(path); !removed) return removed;
  if (auto made = store.checkpoint(paths.partial()); !made) return made;
  return rename_durably(paths.partial(), paths.made);
}

std::string first_line_of(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

Expected<void> Store::checkpoint(const std::string& to) const {
  if (auto enough = check_space(impl_->dir, "to make a checkpoint; free some space"); !enough) return enough;
  std::error_code error;
  fs::create_directory(to, error);
  if (error) return fail(ExitCode::temporary, "cannot create " + to + ": " + error.message());
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&impl_->db->rocks(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // 0: the memtables are flushed, so that what is shared by links is nearly all of it.
  if (status.ok()) status = checkpoint->CreateCheckpoint(database_dir(to), 0);
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot make a checkpoint"));
  const auto owner = owner_of(to);
  if (!owner) return tl::unexpected(owner.error());
  if (auto written = write_file(to + "/" + kLockFile, "", *owner); !written) return written;
  return sync_directory(to);
}

void clear_checkpoint(const std::string& dir) {
  const int lock = lock_for_backup(dir);
  if (lock < 0) return;
  if (const auto removed = remove_all_of(Paths(dir)); !removed)
    log::warning("checkpoint_left", removed.error().message);
  ::close(lock);
}

void serve_checkpoint(const Store& store, const std::string& dir) {
  const Paths paths(dir);
  if (!exists(paths.wanted)) return;
  const auto made = make(store, paths);
  if (made) return log::info("checkpoint_made", "a backup copies it", {{"directory", paths.made}});
  log::error("checkpoint_failed", made.error().message);
  const auto owner = owner_of(dir);
  if (owner) (void)write_file(paths.failed, made.error().message + "\n", *owner);
}

Expected<std::unique_ptr<StillState>> StillState::take(const std::string& dir,
                                                       std::chrono::seconds patience) {
  std::unique_ptr<StillState> still(new StillState);
  auto store = Store::open(dir, Store::Access::read);
  if (store) {
    still->dir_ = dir;
    still->store_ = std::move(*store);
    return still;
  }
  if (store.error().code != ExitCode::temporary) return tl::unexpected(store.error());
  if (auto asked = still->ask_daemon(dir, patience); !asked) return tl::unexpected(asked.error());
  return still;
}

Expected<void> StillState::ask_daemon(const std::string& dir, std::chrono::seconds patience) {
  lock_ = lock_for_backup(dir);
  if (lock_ < 0)
    return fail(ExitCode::temporary,
                errno == EWOULDBLOCK ? "another backup of " + dir + " is being made; wait for it"
                                     : "cannot ask for a checkpoint of " + dir + ": " + std::strerror(errno));
  asked_ = dir;
  const Paths paths(dir);
  if (auto removed = remove_all_of(paths); !removed) return removed;
  const auto owner = owner_of(dir);
  if (!owner) return tl::unexpected(owner.error());
  if (auto written = write_file(paths.wanted, "", *owner); !written) return written;
  for (const auto end = steady_clock::now() + patience; steady_clock::now() < end;
       std::this_thread::sleep_for(kAskInterval)) {
    if (exists(paths.made)) {
      dir_ = paths.made;
      return {};
    }
    if (exists(paths.failed))
      return fail(ExitCode::temporary, "the daemon says: " + first_line_of(paths.failed));
    if (DirectoryLock::take(dir, DirectoryLock::Mode::shared))
      return fail(ExitCode::temporary, "the daemon that held " + dir + " has ended; try again");
  }
  return fail(ExitCode::temporary, "whoever holds " + dir + " made no checkpoint within " +
                                       std::to_string(patience.count()) +
                                       " s: if it is a report, wait for it; if it is a daemon, see its log");
}

StillState::~StillState() {
  if (lock_ < 0) return;
  // The daemon takes away what cannot be removed here, at its next start.
  (void)remove_all_of(Paths(asked_));
  ::close(lock_);
}

}  // namespace blockwatch
