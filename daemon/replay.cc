// run_replay: the input to its end, in the caller's thread but for the worker.
#include <future>
#include <thread>

#include <fmt/format.h>

#include "daemon/parts.h"
#include "daemon/versions.h"

namespace blockwatch {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressInterval{100};
// How long a finished replay waits for its outputs; what they have not taken by then stays in the log.
constexpr std::chrono::seconds kDrainMax{60};
constexpr std::chrono::seconds kStopDrainMax{3};

/// The source, and what is known of how far it has come.
struct Input {
  std::unique_ptr<Source> source;
  const FileSource* files = nullptr;  // of `source`, if it reads files
};

Expected<Input> open_input(const Settings& settings, const ReplayOptions& options, Store& store,
                           Telemetry& telemetry, const std::atomic<bool>& stop) {
  if (options.inputs.empty() && settings.source.kind == SourceKind::kafka) {
    auto topic = open_topic(settings, store, telemetry, stop);
    if (!topic) return tl::unexpected(topic.error());
    return Input{std::move(*topic)};
  }
  auto files =
      open_files(store, options.inputs.empty() ? settings.source.files : options.inputs, options.as_of);
  if (!files) return tl::unexpected(files.error());
  const FileSource* view = files->get();
  return Input{std::move(*files), view};
}

Expected<AdoptedVersions> adopt(Store& store, const Configuration& configuration,
                                const ReplayOptions& options) {
  if (!options.history) return adopt_versions(store, configuration);
  auto history = adopt_history(store, *options.history);
  if (!history) return tl::unexpected(history.error());
  return AdoptedVersions{std::move(*history), std::nullopt};
}

double share_done(const Input& input, const std::string& topic, const Telemetry& telemetry,
                  std::uint64_t records) {
  if (input.files != nullptr) {
    const auto total = input.files->bytes_total();
    if (!total) return -1;
    return *total == 0 ? 1 : static_cast<double>(input.files->bytes_read()) / static_cast<double>(*total);
  }
  std::uint64_t left = 0;
  for (const std::uint32_t partition : input.source->partitions()) {
    const auto lag = telemetry.lag_of(topic, partition);
    if (!lag) return -1;
    left += *lag;
  }
  return records + left == 0 ? 1 : static_cast<double>(records) / static_cast<double>(records + left);
}

Expected<void> drain(const std::vector<std::unique_ptr<Deliverer>>& deliverers,
                     const std::atomic<bool>& stop) {
  const auto all_drained = [&deliverers] {
    for (const auto& deliverer : deliverers) {
      if (!deliverer->drained()) return false;
    }
    return true;
  };
  const auto deadline = steady_clock::now() + kDrainMax;
  while (!stop && !all_drained() && steady_clock::now() < deadline)
    std::this_thread::sleep_for(kProgressInterval);
  for (const auto& deliverer : deliverers)
    deliverer->stop(steady_clock::now() + (stop ? kStopDrainMax : kStopDrainMax / 3));
  if (stop || all_drained()) return {};
  return fail(ExitCode::temporary,
              fmt::format("not every output has taken its notifications after {} s; they stay in the "
                          "state's log and are sent again by the next run that delivers",
                          kDrainMax.count()));
}

}  // namespace

Expected<void> run_replay(const Configuration& configuration, const ReplayOptions& options,
                          const std::atomic<bool>& stop) {
  const Settings& settings = configuration.settings();
  auto store = open_state(configuration);
  if (!store) return tl::unexpected(store.error());
  Telemetry telemetry;
  auto deliverers = options.deliver ? make_deliverers(settings, **store, telemetry)
                                    : Expected<std::vector<std::unique_ptr<Deliverer>>>();
  if (!deliverers) return tl::unexpected(deliverers.error());
  auto versions = adopt(**store, configuration, options);
  if (!versions) return tl::unexpected(versions.error());
  Activations activations;
  if (versions->next) activations.offer(std::move(*versions->next));
  auto input = open_input(settings, options, **store, telemetry, stop);
  if (!input) return stop ? Expected<void>() : tl::unexpected(input.error());
  for (const auto& deliverer : *deliverers) deliverer->start();

  // replay -> worker
  WorkerStatus status;
  Worker worker(**store, *input->source, std::move(versions->history), activations,
                worker_options(settings, true), telemetry, status);
  std::promise<Expected<void>> finishing;
  std::future<Expected<void>> finished = finishing.get_future();
  std::thread thread([&] { finishing.set_value(worker.run(stop)); });
  do {
    if (stop) store->get()->give_up_waiting();
    if (options.progress) {
      const std::uint64_t records = status.records;
      options.progress(records, share_done(*input, settings.source.topic, telemetry, records));
    }
  } while (finished.wait_for(kProgressInterval) != std::future_status::ready);
  thread.join();
  const Expected<void> result = finished.get();
  if (!result) return result;
  if (options.progress)
    options.progress(status.records, share_done(*input, settings.source.topic, telemetry, status.records));
  return drain(*deliverers, stop);
}

}  // namespace blockwatch
