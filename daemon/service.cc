// run_service: the daemon's life, from the open state to the last notification.
//
// Threads: main -> data path (source, worker); main -> one per output; main -> HTTP's pool. Stop order: data
// path, outputs until a deadline, HTTP, store.
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/end_process.h"
#include "base/log.h"
#include "daemon/http/api.h"
#include "daemon/http/server.h"
#include "daemon/outputs.h"
#include "daemon/parts.h"
#include "daemon/progress_watch.h"
#include "daemon/reload.h"
#include "daemon/space_wait.h"
#include "daemon/systemd.h"
#include "daemon/versions.h"
#include "state/checkpoint.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTick{100};
// Of the ten seconds for a stop, what data path and outputs together may take.
constexpr std::chrono::seconds kOutputDeadline{5};

/// Source and worker on one thread, from begin() to its end or the process's stop.
class DataPath {
 public:
  DataPath(const Settings& settings, Store& store, RulesetHistory history, Activations& activations,
           Telemetry& telemetry, WorkerStatus& status, std::atomic<Phase>& phase,
           const std::atomic<bool>& stop, const std::function<void()>& on_ready)
      : settings_(settings),
        store_(store),
        history_(std::move(history)),
        activations_(activations),
        telemetry_(telemetry),
        status_(status),
        phase_(phase),
        stop_(stop),
        on_ready_(on_ready) {}
  ~DataPath() {
    if (thread_.joinable()) thread_.join();
  }
  DataPath(const DataPath&) = delete;
  DataPath& operator=(const DataPath&) = delete;

  void begin() {
    thread_ = std::thread([this] {
      Expected<void> result = run();
      const std::lock_guard lock(mutex_);
      result_ = std::move(result);
      ended_.notify_all();
    });
  }

  /// Waits at most `timeout`; the result if it has ended.
  std::optional<Expected<void>> wait(milliseconds timeout) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, timeout, [this] { return result_.has_value(); });
    return result_;
  }

 private:
  Expected<std::unique_ptr<Source>> open_source() {
    if (settings_.source.kind == SourceKind::kafka) return open_topic(settings_, store_, telemetry_, stop_);
    return open_files(store_, settings_.source.files, std::nullopt);
  }

  Expected<void> run() {
    auto source = open_source();
    if (!source) return stop_ ? Expected<void>() : tl::unexpected(source.error());
    log::info("source_assigned", "reading",
              {{"topic", settings_.source.topic}, {"partitions", (*source)->partitions().size()}});
    Phase expected = Phase::starting;
    phase_.compare_exchange_strong(expected, Phase::running);
    systemd::status("counting");
    if (on_ready_) on_ready_();
    Worker worker(store_, **source, std::move(history_), activations_, worker_options(settings_, false),
                  telemetry_, status_);
    return worker.run(stop_);
  }

  const Settings& settings_;
  Store& store_;
  RulesetHistory history_;  // moves on to the worker
  Activations& activations_;
  Telemetry& telemetry_;
  WorkerStatus& status_;
  std::atomic<Phase>& phase_;
  const std::atomic<bool>& stop_;
  const std::function<void()>& on_ready_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::optional<Expected<void>> result_;  // guarded by mutex_
  std::thread thread_;
};

/// Tells metrics and systemd of a wait for space when it begins and when it ends.
class SpaceNews {
 public:
  explicit SpaceNews(Telemetry& telemetry) : telemetry_(telemetry) {}
  void tell(bool waits) {
    if (std::exchange(waits_, waits) == waits) return;
    telemetry_.waiting_for_space(waits);
    systemd::status(waits ? "the disk is full: counting waits" : "counting");
  }

 private:
  Telemetry& telemetry_;
  bool waits_ = false;
};

/// Until the data path ends; feeds systemd's watchdog, reloads, and makes checkpoints for backups meanwhile.
/// A store that has failed ends the process: nothing that runs on could be kept.
Expected<void> watch(DataPath& data_path, const WorkerStatus& status, const Settings& settings, Store& store,
                     Telemetry& telemetry, ServiceSignals signals, Reload& reload, std::atomic<Phase>& phase,
                     steady_clock::time_point& output_deadline) {
  bool stopping = false;
  SpaceNews space(telemetry);
  ProgressWatch progress(steady_clock::now());
  for (;;) {
    const auto result = data_path.wait(kTick);
    if (const auto failure = store.failure()) end_process(*failure);
    if (signals.stop) store.give_up_waiting();
    const bool waits = store.waits_for_space().has_value();
    space.tell(waits);
    if ((signals.stop || result) && !stopping) {
      stopping = true;
      phase = Phase::stopping;
      output_deadline = steady_clock::now() + kOutputDeadline;
      systemd::stopping();
    }
    if (result) return *result;
    reload.go_on();
    if (!stopping && !reload.busy() && signals.reload.exchange(false)) reload.begin();
    serve_checkpoint(store, settings.state_dir);
    // One that waits for space is not stalled: a restart would only wait in another place.
    if (waits || !progress.is_stalled(status.last_progress, steady_clock::now())) systemd::feed_watchdog();
  }
}

}  // namespace

Expected<void> run_service(const Configuration& configuration, const std::string& path,
                           ServiceSignals signals, const std::function<void()>& on_ready) {
  const Settings& settings = configuration.settings();
  Telemetry telemetry;
  const auto waited = wait_for_space(settings, telemetry, signals.stop);
  if (!waited) return signals.stop ? Expected<void>() : waited;
  systemd::status("opening the state");
  auto store = open_state(configuration);
  if (!store) return tl::unexpected(store.error());
  clear_checkpoint(settings.state_dir);
  auto versions = adopt_versions(**store, configuration);
  if (!versions) return tl::unexpected(versions.error());
  WorkerStatus status;
  std::atomic<Phase> phase{Phase::starting};
  Outputs outputs;
  const Api api(**store, settings, outputs, telemetry, status, phase);
  auto http = HttpServer::start(settings.http_listen,
                                [&api](const HttpRequest& request) { return api.handle(request); });
  if (!http) return tl::unexpected(http.error());
  log::info("http_listening", "HTTP is up", {{"address", (*http)->address()}});
  auto prepared = prepare_outputs(settings, **store, telemetry);
  if (!prepared) return tl::unexpected(prepared.error());
  outputs.replace(std::move(*prepared), steady_clock::now());
  telemetry.reloaded(true);
  telemetry.memory_budget(settings.memory);
  Activations activations;
  Reload reload(path, configuration, activations, outputs, **store, telemetry);
  if (versions->next) reload.offer(std::move(*versions->next), configuration);

  // The broker may be away for long; that is no reason to be restarted, so systemd is told now.
  systemd::status("waiting for the source");
  systemd::ready();
  DataPath data_path(settings, **store, std::move(versions->history), activations, telemetry, status, phase,
                     signals.stop, on_ready);
  data_path.begin();
  steady_clock::time_point output_deadline;
  const Expected<void> result =
      watch(data_path, status, settings, **store, telemetry, signals, reload, phase, output_deadline);
  outputs.stop(output_deadline);
  if (signals.stop && store->get()->gave_up_waiting()) {
    log::info("stopped",
              "the disk is full: what was read last is not committed, and is read again after a start",
              {{"records", status.records.load()}});
    return {};
  }
  log::info("stopped", result ? "everything that was read is committed" : "ended by an error",
            {{"records", status.records.load()}});
  return result;
}

}  // namespace blockwatch
