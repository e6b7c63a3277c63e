// What signals mean to our programs: SIGTERM and SIGINT stop, SIGHUP asks for a reload, SIGPIPE is ignored.
#pragma once

#include <atomic>
#include <csignal>
#include <thread>

namespace blockwatch {

/// Made first in main(), before any other thread, so that every thread leaves these signals to the one of
/// this object. Ten seconds after a stop signal the process ends, whatever it waits for (exit 75): what is
/// committed is safe, and the next start goes on from there.
class Signals {
 public:
  /// Sets `stop` and, on SIGHUP, `reload` (null: there is nothing to reload); they outlive this object.
  explicit Signals(std::atomic<bool>& stop, std::atomic<bool>* reload = nullptr);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void run();

  std::atomic<bool>& stop_;
  std::atomic<bool>* reload_;
  std::atomic<bool> over_{false};
  sigset_t signals_{};
  std::thread thread_;
};

}  // namespace blockwatch
