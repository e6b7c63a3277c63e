#include "daemon/wiring.h"

#include <fmt/format.h>

#include "base/log.h"
#include "daemon/parts.h"
#include "pipeline/kafka/kafka_output.h"
#include "pipeline/kafka/kafka_source.h"
#include "pipeline/output/log_output.h"

namespace blockwatch {
namespace {

Expected<void> check_topic(const Store& store, const std::string& topic) {
  for (const PartitionProgress& p : store.snapshot()->partitions()) {
    if (p.topic == topic) continue;
    return fail(ExitCode::bad_config,
                fmt::format("this state was counted from topic {}, source.topic is {}: name the old "
                            "topic, or another state.dir",
                            p.topic, topic));
  }
  return {};
}

Expected<std::unique_ptr<Output>> make_output(const OutputSettings& output, const SourceSettings& source) {
  if (output.kind == OutputKind::log) return make_log_output(output.name);
  return make_kafka_output(output.name, output.topic, output.kafka.empty() ? source.kafka : output.kafka);
}

}  // namespace

Expected<std::unique_ptr<Store>> open_state(const Configuration& configuration) {
  const Settings& settings = configuration.settings();
  auto store =
      Store::open(settings.state_dir, Store::Access::write,
                  {settings.memory[MemoryPart::state_cache], settings.memory[MemoryPart::write_buffers]});
  if (!store) return store;
  if (auto checked = check_topic(**store, settings.source.topic); !checked) {
    return tl::unexpected(checked.error());
  }
  return store;
}

std::map<std::uint32_t, std::uint64_t> next_offsets(const Store& store) {
  std::map<std::uint32_t, std::uint64_t> offsets;
  for (const PartitionProgress& p : store.snapshot()->partitions()) offsets[p.partition] = p.next_offset;
  return offsets;
}

Expected<std::unique_ptr<FileSource>> open_files(Store& store, const std::vector<std::string>& paths,
                                                 std::optional<TimeNs> as_of) {
  const std::optional<TimeNs> kept = store.snapshot()->as_of();
  const TimeNs reference = as_of ? *as_of : kept ? *kept : wall_clock_now();
  if (kept != reference) {
    if (auto set = store.set_as_of(reference); !set) return tl::unexpected(set.error());
  }
  log::info("as_of", "the reference time of the input files", {{"as_of", format_time(reference)}});
  return make_file_source(paths, reference, next_offsets(store));
}

Expected<std::unique_ptr<Source>> open_topic(const Settings& settings, const Store& store,
                                             Telemetry& telemetry, const std::atomic<bool>& stop) {
  KafkaSourceOptions options;
  options.topic = settings.source.topic;
  options.settings = settings.source.kafka;
  options.partitions = settings.source.partitions;
  options.on_gap = settings.source.on_gap;
  options.queue_bytes = settings.memory[MemoryPart::source_queue];
  options.fingerprint_key = store.identity().fingerprint_key;
  for (PartitionProgress& p : store.snapshot()->partitions())
    options.starts[p.partition] = {p.next_offset, std::move(p.anchor)};
  return make_kafka_source(options, telemetry, stop);
}

Expected<std::vector<std::unique_ptr<Deliverer>>> make_deliverers(const Settings& settings, Store& store,
                                                                  Telemetry& telemetry) {
  std::vector<std::unique_ptr<Deliverer>> deliverers;
  for (const OutputSettings& output : settings.outputs) {
    auto made = make_output(output, settings.source);
    if (!made) {
      return fail(made.error().code, fmt::format("output \"{}\": {}", output.name, made.error().message));
    }
    deliverers.push_back(std::make_unique<Deliverer>(store, std::move(*made), telemetry, output.max_age));
  }
  return deliverers;
}

WorkerOptions worker_options(const Settings& settings, bool batch) {
  WorkerOptions options;
  options.topic = settings.source.topic;
  options.lateness = settings.lateness;
  options.dedup_window = settings.dedup_window;
  options.memory.ids = settings.memory[MemoryPart::ids];
  options.memory.batches = settings.memory[MemoryPart::batches];
  options.memory.commit = settings.memory[MemoryPart::commits] / 2;  // one in the making, one being written
  options.memory.unknown_oris = settings.memory[MemoryPart::unknown_oris];
  options.memory.incidents = settings.memory[MemoryPart::incidents];
  options.record_bytes_max = settings.source.record_bytes_max;
  options.mapping = settings.source.mapping;
  options.batch = batch;
  options.plain = settings.source.plain;
  return options;
}

}  // namespace blockwatch
