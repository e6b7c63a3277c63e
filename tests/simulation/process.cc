#include "tests/simulation/process.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <unistd.h>

#include "daemon/outputs.h"
#include "daemon/parts.h"
#include "daemon/versions.h"
#include "pipeline/worker.h"
#include "tests/simulation/dump.h"
#include "tests/simulation/script.h"

namespace blockwatch::simulation {
namespace {

using std::chrono::steady_clock;

constexpr std::int64_t kTickMax = 60 * kMillisecond;
constexpr std::int64_t kDrainMax = 2 * kHour;
constexpr std::chrono::seconds kOutputDeadline{5};

class Process {
 public:
  Process(const Stage& stage, std::size_t number)
      : stage_(stage),
        plan_(stage.plan.processes[number]),
        outside_(stage.outside),
        number_(number),
        random_(stage.plan.seed, 100 + number) {}

  [[noreturn]] void live() {
    outside_.count(Event::process);
    begin_turns({random_.next(), stage_.plan.switches_per_mille}, outside_.clock);
    begun_ = outside_.clock.monotonic;
    begin_disk(stage_.dir, plan_.disk, outside_, Random(stage_.plan.seed, 200 + number_));
    if (plan_.dies_after) {
      end_at(begun_ + *plan_.dies_after, plan_.dies_at_place, [] { die_at_any_place(); });
    }
    auto store = Store::open(stage_.dir, Store::Access::write);
    if (!store) {
      if (!refuses() && !disk_is_full())
        outside_.report_fault(("the state does not open: " + store.error().message).c_str());
      ::_exit(0);
    }
    begin_log_faults();
    store_ = std::move(*store);
    check_state(*store_, stage_);
    run();
    if (is_last() && !failed_) print_state(*store_, stage_);
    if (plan_.closes_database) store_.reset();
    ::_exit(0);
  }

 private:
  bool is_last() const { return number_ + 1 == stage_.plan.processes.size(); }
  // Only a disk or a source that fails as planned may end a run.
  bool refuses() const {
    return plan_.disk.fault == DiskFault::write_refused || plan_.disk.fault == DiskFault::sync_refused;
  }
  bool disk_is_full() const { return outside_.clock.monotonic < outside_.disk_full_until; }
  const Configuration& configured() const {
    return stage_.world.configurations[outside_.policy][outside_.catalog];
  }

  void choose_files() {
    outside_.policy = static_cast<std::uint32_t>(random_.below(stage_.world.policies()));
    outside_.catalog = static_cast<std::uint32_t>(random_.below(stage_.world.catalogs()));
  }

  void run() {
    if (plan_.starts_with_other_version) {
      outside_.count(Event::start_with_other_version);
      choose_files();
    }
    auto versions = adopt_versions(*store_, configured());
    if (!versions) return end(versions.error());
    in_force_ = {outside_.policy, outside_.catalog};
    start_outputs(steady_clock::now());
    if (versions->next) offer(std::move(*versions->next));
    ScriptedSource source(stage_.world, stage_.plan, plan_, store_->snapshot()->partitions(), outside_,
                          Random(stage_.plan.seed, 300 + number_));
    std::atomic<bool> stop{false}, ended{false};
    Expected<void> result;
    std::thread data_path([&] {
      Worker worker(*store_, source, std::move(versions->history), activations_,
                    worker_options(stage_.world.settings(), false), telemetry_, status_);
      result = worker.run(stop);
      ended = true;
    });
    while (!ended && !stop) {
      sleep_for(random_.between(0, kTickMax));
      complete_activation();
      act();
      stop = may_stop(source);
    }
    data_path.join();
    while (plan_.drains && !is_delivered() && lived() < kDrainMax) sleep_for(kTickMax);
    outputs_.stop(steady_clock::now() + kOutputDeadline);
    complete_activation();
    if (!result) return end(result.error());
    outside_.count(Event::clean_stop);
    if (plan_.drains) check_drained(*store_, stage_);
  }

  void end(const Error& error) {
    failed_ = true;
    if (refuses() || plan_.source_fails_at) return;
    outside_.report_fault(("the run ended: " + error.message).c_str());
  }

  std::int64_t lived() const { return outside_.clock.monotonic - begun_; }

  bool may_stop(const ScriptedSource& source) const {
    if (!plan_.drains) return lived() >= plan_.stop_after;
    if (lived() > kDrainMax) {
      outside_.report_fault("not everything was counted and delivered in time");
      return true;
    }
    if (next_action_ < plan_.actions.size() || activation_ || !source.has_handed_over_everything() ||
        !status_.at_end)
      return false;
    return is_delivered();
  }

  bool is_delivered() const {
    for (std::size_t i = 0; i < kOutputs; ++i)
      if (store_->cursor(output_name(i)) < store_->log_end()) return false;
    return true;
  }

  // ---- the operator
  void act() {
    for (; next_action_ < plan_.actions.size(); ++next_action_) {
      const Action& action = plan_.actions[next_action_];
      if (action.at > lived()) return;
      if (action.kind == Action::Kind::reload && activation_) return;  // one at a time
      act(action);
    }
  }

  void act(const Action& action) {
    switch (action.kind) {
      case Action::Kind::reload:
        return reload();
      case Action::Kind::set_clock:
        outside_.count(action.value < 0 ? Event::clock_back : Event::clock_forward);
        outside_.clock.wall_offset += action.value;
        return;
      case Action::Kind::replace_outputs:
        outside_.count(Event::outputs_replaced);
        return start_outputs(steady_clock::now() + kOutputDeadline);
      case Action::Kind::fill_disk:
        outside_.disk_full_until = outside_.clock.monotonic + action.value;
        return;
    }
  }

  void reload() {
    choose_files();
    const Configuration& before = stage_.world.configurations[in_force_.policy][in_force_.catalog];
    auto changed = changed_versions(before.policy.digest, before.catalog.digest, configured());
    if (changed) offer(std::move(*changed));
  }

  void offer(Activation activation) {
    outside_.count(Event::reload_offered);
    offered_ = {wall_clock_now(), outside_.policy, outside_.catalog};
    activation_ = activations_.offer(std::move(activation));
  }

  void complete_activation() {
    if (!activation_ || activation_->wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    const TimeNs from = activation_->get();
    activation_.reset();
    outside_.count(Event::reload_activated);
    in_force_ = {offered_.policy, offered_.catalog};
    if (outside_.activation_count < kActivationsMax)
      outside_.activations.at(outside_.activation_count++) = {from, offered_.policy, offered_.catalog};
  }

  // ---- outputs
  void start_outputs(steady_clock::time_point deadline) {
    PreparedOutputs prepared;
    for (std::size_t i = 0; i < kOutputs; ++i) {
      const std::optional<TimeNs> max_age = i == 0 ? std::nullopt : stage_.plan.max_age;
      prepared.settings.push_back({output_name(i), OutputKind::log, {}, {}, max_age});
      prepared.deliverers.push_back(std::make_unique<Deliverer>(
          *store_, make_scripted_output(i, outside_, Random(random_.next()), plan_.drains), telemetry_,
          max_age));
    }
    outputs_.replace(std::move(prepared), deadline);
  }

  struct Pair {
    std::uint32_t policy = 0, catalog = 0;
  };

  const Stage& stage_;
  const ProcessPlan& plan_;
  Outside& outside_;
  const std::size_t number_;
  Random random_;
  std::int64_t begun_ = 0;
  std::unique_ptr<Store> store_;
  Telemetry telemetry_;
  WorkerStatus status_;
  Activations activations_;
  Outputs outputs_;
  std::optional<std::future<TimeNs>> activation_;
  Reported offered_;
  Pair in_force_;
  std::size_t next_action_ = 0;
  bool failed_ = false;
};

}  // namespace

void live(const Stage& stage, std::size_t number) {
  Process(stage, number).live();
}

void open_and_print(const Stage& stage) {
  stage.outside.disk_full_until = 0;
  begin_turns({stage.plan.seed, 0}, stage.outside.clock);
  begin_disk(stage.dir, {}, stage.outside, Random(stage.plan.seed));
  auto store = Store::open(stage.dir, Store::Access::write);
  if (!store) {
    stage.outside.report_fault(("the state does not open: " + store.error().message).c_str());
    ::_exit(0);
  }
  check_state(**store, stage);
  print_state(**store, stage);
  ::_exit(0);
}

}  // namespace blockwatch::simulation
