// A subscriber of the alert topic that takes the time at which each alert becomes visible.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "pipeline/kafka/client.h"

namespace blockwatch::bench {

using Clock = std::chrono::steady_clock;

/// A probe is known by whom it asks as and whom it asks: each pair opens an incident of its own, once.
std::string probe_name(const std::string& ori, const std::string& jurisdiction);

/// Owns its consumer and its thread. sent() and latencies(): any thread.
class AlertWatch {
 public:
  /// Reads partition 0 of `topic` from its present end.
  static Expected<std::unique_ptr<AlertWatch>> start(const std::string& bootstrap_servers,
                                                     const std::string& topic);
  ~AlertWatch();
  AlertWatch(const AlertWatch&) = delete;
  AlertWatch& operator=(const AlertWatch&) = delete;

  /// Just before the probe's record is handed to the producer.
  void sent(const std::string& probe, Clock::time_point at);

  /// From sent() to visible, of the probes seen so far that were sent after `since`.
  std::vector<std::chrono::nanoseconds> latencies(Clock::time_point since) const;

 private:
  explicit AlertWatch(kafka::Handle handle);
  void run();
  void see(const std::string& alert, Clock::time_point at);

  struct Times {
    Clock::time_point sent, seen;
  };

  kafka::Handle handle_;
  mutable std::mutex mutex_;
  std::map<std::string, Times> probes_;  // guarded by mutex_
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace blockwatch::bench
