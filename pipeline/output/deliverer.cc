#include "pipeline/output/deliverer.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"
#include "pipeline/output/notification_due.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBatchMax = 500;
constexpr milliseconds kDeliverMax{5000};
constexpr milliseconds kLogWait{200};  // how soon a stop is seen while there is nothing to do
constexpr milliseconds kDelayFirst{100};
constexpr milliseconds kDelayMax{30'000};
constexpr milliseconds kDelayStopping{100};

}  // namespace

milliseconds retry_delay(unsigned failures) {
  if (failures == 0) return milliseconds(0);
  milliseconds delay = kDelayFirst;
  for (unsigned i = 1; i < failures && delay < kDelayMax; ++i) delay *= 2;
  return std::min(delay, kDelayMax);
}

struct Deliverer::Impl {
  Impl(Store& s, std::unique_ptr<Output> o, Telemetry& t, std::optional<TimeNs> age)
      : store(s), output(std::move(o)), telemetry(t), max_age(age) {}

  void run() {
    move_cursor(cursor, {});  // readers of the state know of this output before its first notification
    telemetry.notified(output->name(), 0, 0);
    while (!is_over()) {
      const std::uint64_t end = store.wait_for_log(cursor, kLogWait);
      show_pending();
      if (end > cursor) deliver_some();
    }
  }

  // Nothing left to do, or no time left to do it in.
  bool is_over() {
    const std::lock_guard lock(mutex);
    return deadline && (cursor >= store.log_end() || steady_clock::now() >= *deadline);
  }

  void deliver_some() {
    std::vector<Notification> log = store.read_log(cursor, kBatchMax);
    if (log.empty()) return;
    SortedBatch batch = sort_by_due(std::move(log), max_age, wall_clock_now());
    const Expected<std::size_t> acknowledged =
        batch.due.empty() ? Expected<std::size_t>(0) : output->deliver(batch.due, time_for_delivery());
    const std::size_t count = acknowledged.value_or(0);
    advance(batch, count);
    if (count == batch.due.size()) {
      if (count == 0) return;  // nothing was asked of it
      if (failures > 0)
        log::info("output_recovered", "the output takes notifications again", {{"output", output->name()}});
      failures = 0;
      return;
    }
    ++failures;
    if (failures == 1) {
      log::warning(
          "output_failed", "an output does not take notifications; they stay in the log and are sent again",
          {{"output", output->name()},
           {"error", acknowledged ? "not all were acknowledged in time" : acknowledged.error().message},
           {"pending", store.log_end() - cursor}});
    }
    wait(retry_delay(failures));
  }

  void advance(SortedBatch& batch, std::size_t count) {
    const std::uint64_t done = settle(batch, count);
    if (done == cursor) return;
    move_cursor(done, batch.suppressed);
    telemetry.notified(output->name(), count, done - cursor - count);
    cursor = done;
    const TimeNs now = wall_clock_now();
    for (std::size_t i = 0; i < count; ++i) {
      if (batch.due[i].newest_broker_time == kNoTime) continue;
      telemetry.alert_latency(
          std::max(0.0, static_cast<double>(now - batch.due[i].newest_broker_time) / kSecond));
    }
    show_pending();
  }

  void show_pending() {
    const std::uint64_t end = store.log_end();
    telemetry.outbox_pending(output->name(), end - std::min<std::uint64_t>(cursor, end));
  }

  void move_cursor(std::uint64_t to, const std::vector<Suppressed>& suppressed) {
    if (auto set = store.set_cursor(output->name(), to, suppressed); !set) {
      // A stop on a full disk: this output repeats itself after the next start. Anything else ends the
      // process, which the store tells it.
      log::error("cursor_failed", "cannot store how far an output is",
                 {{"output", output->name()}, {"error", set.error().message}});
    }
  }

  milliseconds time_for_delivery() {
    const std::lock_guard lock(mutex);
    if (!deadline) return kDeliverMax;
    const auto left = std::chrono::duration_cast<milliseconds>(*deadline - steady_clock::now());
    return std::clamp(left, milliseconds(0), kDeliverMax);
  }

  // A stop ends the wait: what is left is tried at once, and then often, for little time remains. What is
  // pending grows meanwhile.
  void wait(milliseconds delay) {
    const auto until = steady_clock::now() + delay;
    std::unique_lock lock(mutex);
    while (!deadline && steady_clock::now() < until) {
      changed.wait_until(lock, std::min(until, steady_clock::now() + kLogWait));
      show_pending();
    }
    if (!deadline) return;
    if (failures_stopping++ == 0) return;
    changed.wait_until(lock, std::min(steady_clock::now() + kDelayStopping, *deadline), [] { return false; });
  }

  Store& store;
  const std::unique_ptr<Output> output;
  Telemetry& telemetry;
  const std::optional<TimeNs> max_age;
  std::atomic<std::uint64_t> cursor{0};  // read by start(), then written by the thread only
  unsigned failures = 0;                 // in a row; the thread's
  unsigned failures_stopping = 0;        // the thread's
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<steady_clock::time_point> deadline;  // set once, by stop(); guarded by mutex
  std::thread thread;
};

Deliverer::Deliverer(Store& store, std::unique_ptr<Output> output, Telemetry& telemetry,
                     std::optional<TimeNs> max_age)
    : impl_(std::make_unique<Impl>(store, std::move(output), telemetry, max_age)) {}

Deliverer::~Deliverer() {
  stop(steady_clock::now());
}

void Deliverer::start() {
  // Only now: until here another of this name may have moved it.
  impl_->cursor = impl_->store.cursor(impl_->output->name());
  impl_->thread = std::thread([this] { impl_->run(); });
}

void Deliverer::stop(steady_clock::time_point deadline) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->deadline) impl_->deadline = deadline;
  }
  impl_->changed.notify_all();
  if (impl_->thread.joinable()) impl_->thread.join();
}

bool Deliverer::drained() const {
  return impl_->cursor >= impl_->store.log_end();
}

}  // namespace blockwatch
