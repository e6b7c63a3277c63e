// How a policy and catalog that were loaded and checked reach the worker, which alone knows when every event
// counted so far is over.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "pipeline/ruleset.h"
#include "state/records.h"

namespace blockwatch {

/// What is to come into force together: never empty. The times in `versions` are the worker's to set.
struct Activation {
  std::vector<NewVersion> versions;
  std::shared_ptr<const Ruleset> ruleset;  // of the newest policy and the newest catalog then
};

/// One place for one activation. Threads: offer() by whoever loads, take() and done() by the worker.
/// Outlives the worker.
class Activations {
 public:
  /// The future is set to the time of activation once it is on the disk. One at a time: the one before is
  /// done.
  std::future<TimeNs> offer(Activation activation) {
    const std::lock_guard held(mutex_);
    offered_ = std::move(activation);
    activated_ = {};
    waiting_ = true;
    return activated_.get_future();
  }

  /// Cheap, for every turn of the worker's loop.
  bool waiting() const { return waiting_.load(std::memory_order_relaxed); }

  std::optional<Activation> take() {
    const std::lock_guard held(mutex_);
    waiting_ = false;
    return std::exchange(offered_, std::nullopt);
  }

  void done(TimeNs activated_at) {
    const std::lock_guard held(mutex_);
    activated_.set_value(activated_at);
  }

 private:
  std::atomic<bool> waiting_{false};
  std::mutex mutex_;
  std::optional<Activation> offered_;
  std::promise<TimeNs> activated_;
};

}  // namespace blockwatch
