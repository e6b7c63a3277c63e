// Makes commits durable beside the worker, one at a time: while the disk takes one, the records of the next
// are counted.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.h"
#include "pipeline/apply.h"
#include "state/store.h"

namespace blockwatch {

/// Owned by the Worker; all calls from its thread. worker -> committer: a batch; committer -> worker: its
/// outcome, for which the worker waits before it hands over the next. The store outlives it.
class Committer {
 public:
  explicit Committer(Store& store) : store_(store), thread_([this] { run(); }) {}
  /// Lets a commit that has begun end.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  struct Outcome {
    Expected<void> result;
    TakenBatch taken;
    double seconds = 0;  // from its hand-over
  };

  /// The outcome of the one before was collected.
  void start(TakenBatch taken);
  /// Whether collect() would return at once.
  bool is_done() const;
  /// Waits until nothing is being written: what the store says then includes every batch that was handed
  /// over.
  void settle() const;
  /// Waits for the batch that was handed over.
  Outcome collect();

 private:
  void run();

  Store& store_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<TakenBatch> current_;  // from start() until its outcome is there; the thread's meanwhile
  std::optional<Outcome> outcome_;     // until it is collected
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace blockwatch
