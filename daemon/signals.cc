#include "daemon/signals.h"

#include <unistd.h>

#include <chrono>
#include <optional>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"

namespace blockwatch {
namespace {

using std::chrono::steady_clock;

// The promise is ten seconds; the rest is for the end of the process itself.
constexpr std::chrono::milliseconds kStopMax{9500};
constexpr timespec kLookInterval{0, 200'000'000};

}  // namespace

Signals::Signals(std::atomic<bool>& stop, std::atomic<bool>* reload) : stop_(stop), reload_(reload) {
  std::signal(SIGPIPE, SIG_IGN);
  sigemptyset(&signals_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
  BW_CHECK(pthread_sigmask(SIG_BLOCK, &signals_, nullptr) == 0);
  thread_ = std::thread([this] { run(); });
}

Signals::~Signals() {
  over_ = true;
  thread_.join();
}

void Signals::run() {
  std::optional<steady_clock::time_point> deadline;
  while (!over_) {
    const int signal = sigtimedwait(&signals_, nullptr, &kLookInterval);
    if (signal == SIGHUP) {
      if (reload_ != nullptr) *reload_ = true;
    } else if (signal > 0 && !deadline) {
      log::info("stopping", "stopping on a signal", {{"signal", signal}});
      deadline = steady_clock::now() + kStopMax;
      stop_ = true;
    }
    if (deadline && steady_clock::now() >= *deadline) {
      log::error("stop_deadline",
                 "not stopped in 10 s; ending here, the next start goes on from the last commit");
      _exit(static_cast<int>(ExitCode::temporary));
    }
  }
}

}  // namespace blockwatch
