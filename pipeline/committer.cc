#include "pipeline/committer.h"

#include <chrono>
#include <utility>

#include "base/check.h"

namespace blockwatch {

using Clock = std::chrono::steady_clock;

Committer::~Committer() {
  {
    const std::lock_guard held(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Committer::start(TakenBatch taken) {
  {
    const std::lock_guard held(mutex_);
    BW_CHECK(!current_ && !outcome_);
    current_ = std::move(taken);
  }
  changed_.notify_all();
}

bool Committer::is_done() const {
  const std::lock_guard held(mutex_);
  return outcome_.has_value();
}

void Committer::settle() const {
  std::unique_lock held(mutex_);
  changed_.wait(held, [this] { return !current_; });
}

Committer::Outcome Committer::collect() {
  settle();
  const std::lock_guard held(mutex_);
  BW_CHECK(outcome_.has_value());
  Outcome outcome = std::move(*outcome_);
  outcome_.reset();
  return outcome;
}

void Committer::run() {
  std::unique_lock held(mutex_);
  while (true) {
    changed_.wait(held, [this] { return current_ || stopping_; });
    if (!current_) return;
    TakenBatch& taken = *current_;
    held.unlock();
    const auto begin = Clock::now();
    taken.observations->take(taken.batch.runs);
    Expected<void> result = store_.commit(taken.batch);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    held.lock();
    outcome_ = Outcome{std::move(result), std::move(taken), seconds};
    current_.reset();
    changed_.notify_all();
  }
}

}  // namespace blockwatch
