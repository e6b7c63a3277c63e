#include "state/space.h"

#include <cerrno>
#include <cstring>

#include <sys/statvfs.h>

#include "base/log.h"

namespace blockwatch {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kSayAgain{1};

}  // namespace

Expected<std::uint64_t> free_bytes_of(const std::string& dir) {
  struct statvfs fs {};
  if (::statvfs(dir.c_str(), &fs) != 0)
    return fail(ExitCode::temporary, "cannot read the free space of " + dir + ": " + std::strerror(errno));
  return static_cast<std::uint64_t>(fs.f_bavail) * fs.f_frsize;
}

Expected<void> check_space(const std::string& dir, std::string_view needed_for) {
  const auto free_bytes = free_bytes_of(dir);
  if (!free_bytes) return tl::unexpected(free_bytes.error());
  if (enough_space(*free_bytes, 0)) return {};
  return fail(ExitCode::temporary, "state directory " + dir + ": " + std::to_string(*free_bytes >> 20U) +
                                       " MiB are free, " + std::to_string(kFreeBytesMin >> 20U) +
                                       " MiB are needed " + std::string(needed_for));
}

Expected<void> SpaceGate::wait_for(std::uint64_t batch_bytes) {
  const std::uint64_t needed = needed_space(batch_bytes);
  std::optional<Clock::time_point> said;
  Expected<std::uint64_t> free_bytes = probe_();
  if (free_bytes && *free_bytes >= needed) return {};
  std::unique_lock held(mutex_);
  ++waiters_;
  while (free_bytes && *free_bytes < needed && !giving_up_) {
    waiting_ = SpaceWait{*free_bytes, needed};
    if (!said || Clock::now() - *said >= kSayAgain) {
      said = Clock::now();
      log::error("disk_full", "too little space to write safely; waiting until some is freed",
                 {{"dir", dir_}, {"free_bytes", *free_bytes}, {"needed_bytes", needed}});
    }
    ending_.wait_for(held, poll_interval_, [this] { return giving_up_; });
    free_bytes = probe_();
  }
  if (--waiters_ == 0) waiting_.reset();
  if (!free_bytes) return tl::unexpected(free_bytes.error());
  if (*free_bytes < needed) {
    gave_up_ = true;
    return fail(ExitCode::temporary, "stopped while waiting for space in " + dir_ + ": " +
                                         std::to_string(*free_bytes >> 20U) + " of " +
                                         std::to_string(needed >> 20U) + " MiB are free");
  }
  if (said) log::info("disk_space_back", "there is space again; counting goes on", {{"dir", dir_}});
  return {};
}

std::optional<SpaceWait> SpaceGate::waiting() const {
  const std::lock_guard held(mutex_);
  return waiting_;
}

void SpaceGate::give_up() {
  {
    const std::lock_guard held(mutex_);
    giving_up_ = true;
  }
  ending_.notify_all();
}

bool SpaceGate::has_given_up() const {
  const std::lock_guard held(mutex_);
  return gave_up_;
}

}  // namespace blockwatch
