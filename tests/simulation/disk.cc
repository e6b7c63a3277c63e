#include "tests/simulation/disk.h"

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <map>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace blockwatch::simulation {
namespace {

constexpr std::int64_t kSyncMax = 150'000'000;  // nanoseconds

struct File {
  std::int64_t size = 0, synced = 0;
};

struct Disk {
  std::string dir;
  DiskPlan plan;
  Outside& outside;
  Random random;
  bool is_open = false;
  std::uint64_t writes = 0, syncs = 0;  // that might have been the plan's
  std::map<std::string, File> files{};
  std::map<int, std::string> names{};  // of open files in the directory
};

Disk* disk = nullptr;  // never freed: the process ends with it

// The file's name; empty: it does not lie in the directory.
const std::string& name_of(int fd) {
  static const std::string kElsewhere;
  const auto known = disk->names.find(fd);
  return known == disk->names.end() ? kElsewhere : known->second;
}

bool is_log(std::string_view name) {
  return name.ends_with(".log");
}

ssize_t real_write(int fd, const void* bytes, std::size_t size) {
  return ::syscall(SYS_write, fd, bytes, size);
}

// Whether the plan's fault is due with this write or sync: `counts` is the number of those before it.
bool is_due(const std::string& name, std::uint64_t& count) {
  if (disk->plan.while_opening == disk->is_open) return false;
  if (disk->is_open && !is_log(name)) return false;
  return count++ == disk->plan.number;
}

void lose_unsynced() {
  disk->outside.count(Event::power_lost);
  for (const auto& [name, file] : disk->files) {
    if (file.size <= file.synced) continue;
    const std::int64_t kept = disk->random.between(file.synced, file.size);
    if (kept < file.size && ::truncate(name.c_str(), kept) == 0) disk->outside.count(Event::bytes_lost);
  }
}

ssize_t planned_write(int fd, const void* bytes, std::size_t size, const std::string& name) {
  File& file = disk->files[name];
  const DiskFault fault = disk->plan.fault;
  const bool of_writes =
      fault == DiskFault::before_write || fault == DiskFault::torn_write || fault == DiskFault::write_refused;
  const bool due = of_writes && is_due(name, disk->writes);
  if (due && fault == DiskFault::write_refused) {
    disk->outside.count(Event::write_refused);
    errno = EIO;
    return -1;
  }
  if (due) {
    const bool is_torn = fault == DiskFault::torn_write;
    disk->outside.count(is_torn ? Event::died_torn_write : Event::died_before_write);
    if (is_torn) file.size += real_write(fd, bytes, static_cast<std::size_t>(disk->random.below(size)));
    die();
  }
  const ssize_t written = real_write(fd, bytes, size);
  if (written > 0) file.size += written;
  return written;
}

int planned_sync(const std::string& name, int (*sync)(int), int fd) {
  const DiskFault fault = disk->plan.fault;
  const bool of_syncs =
      fault == DiskFault::before_sync || fault == DiskFault::after_sync || fault == DiskFault::sync_refused;
  const bool due = of_syncs && is_due(name, disk->syncs);
  if (due && fault == DiskFault::sync_refused) {
    disk->outside.count(Event::sync_refused);
    errno = EIO;
    return -1;
  }
  if (due && fault == DiskFault::before_sync) {
    disk->outside.count(Event::died_before_sync);
    die();
  }
  if (disk->is_open && is_log(name) && disk->random.percent(40)) {  // meanwhile the next batch is counted
    disk->outside.count(Event::slow_sync);
    sleep_for(disk->random.between(0, kSyncMax));
  }
  const int status = sync(fd);
  File& file = disk->files[name];
  if (status == 0) file.synced = file.size;
  if (due) {
    disk->outside.count(Event::died_after_sync);
    die();
  }
  return status;
}

int sync_by_hand(int fd) {
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

}  // namespace

void begin_disk(const std::string& dir, const DiskPlan& plan, Outside& outside, Random random) {
  disk = new Disk{dir, plan, outside, random};
}

void begin_log_faults() {
  disk->is_open = true;
  disk->writes = disk->syncs = 0;
}

void die() {
  if (!disk->is_open) disk->outside.count(Event::died_opening);
  if (disk->plan.power_cut) lose_unsynced();
  ::_exit(kDied);
}

void die_at_any_place() {
  disk->outside.count(Event::died_at_any_place);
  die();
}

}  // namespace blockwatch::simulation

using namespace blockwatch::simulation;  // NOLINT: what follows are the C library's names

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  const int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  if (fd >= 0 && disk != nullptr && std::string_view(path).starts_with(disk->dir)) disk->names[fd] = path;
  return fd;
}

ssize_t write(int fd, const void* bytes, size_t size) {
  if (disk == nullptr) return real_write(fd, bytes, size);
  const std::string& name = name_of(fd);
  return name.empty() ? real_write(fd, bytes, size) : planned_write(fd, bytes, size, name);
}

int fsync(int fd) {
  if (disk == nullptr) return sync_by_hand(fd);
  const std::string& name = name_of(fd);
  return name.empty() ? sync_by_hand(fd) : planned_sync(name, sync_by_hand, fd);
}

int fdatasync(int fd) {
  return fsync(fd);
}

int close(int fd) {
  if (disk != nullptr) disk->names.erase(fd);
  return static_cast<int>(::syscall(SYS_close, fd));
}

// Preallocation is real work in memory, and it changes nothing that is read back.
int fallocate(int, int, off_t, off_t) {
  return 0;
}

int statvfs(const char* path, struct statvfs* out) noexcept {
  using Function = int(const char*, struct statvfs*);
  static constinit Function* real = nullptr;
  if (real == nullptr) real = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, "statvfs"));
  const int status = real(path, out);
  if (status != 0 || disk == nullptr) return status;
  if (disk->outside.clock.monotonic < disk->outside.disk_full_until) {
    disk->outside.count(Event::disk_full);
    out->f_bavail = 0;
  }
  return status;
}

}  // extern "C"
