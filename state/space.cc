#include "state/space.h"

#include <cerrno>
#include <cstring>
#include <thread>

#include <sys/statvfs.h>

#include "base/log.h"

namespace blockwatch {

Expected<std::uint64_t> free_bytes_of(const std::string& dir) {
  struct statvfs fs {};
  if (::statvfs(dir.c_str(), &fs) != 0)
    return fail(ExitCode::temporary, "cannot read the free space of " + dir + ": " + std::strerror(errno));
  return static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize;
}

Expected<void> SpaceGate::wait_for(std::uint64_t batch_bytes) const {
  for (bool waiting = false;; waiting = true) {
    const Expected<std::uint64_t> free_bytes = probe_();
    if (!free_bytes) return tl::unexpected(free_bytes.error());
    if (enough_space(*free_bytes, batch_bytes)) {
      if (waiting) log::info("disk_space_back", "there is space again; counting goes on", {{"dir", dir_}});
      return {};
    }
    if (!waiting)
      log::error(
          "disk_full", "too little space to commit safely; counting waits until some is freed",
          {{"dir", dir_}, {"free_bytes", *free_bytes}, {"needed_bytes", kFreeBytesMin + 2 * batch_bytes}});
    std::this_thread::sleep_for(poll_interval_);
  }
}

}  // namespace blockwatch
