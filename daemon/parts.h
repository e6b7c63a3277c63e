// The parts that the service and a replay are put together from. Internal to daemon/; wiring.cc names the
// types.
#pragma once

#include <memory>
#include <vector>

#include "daemon/wiring.h"
#include "pipeline/file/file_source.h"
#include "pipeline/output/deliverer.h"
#include "pipeline/ports.h"

namespace blockwatch {

/// Opens the state and checks that it belongs to this configuration: its topic.
Expected<std::unique_ptr<Store>> open_state(const Configuration& configuration);

/// Next offset by partition, as the store has them.
std::map<std::uint32_t, std::uint64_t> next_offsets(const Store& store);

/// Files as a source. `as_of`: the reference time for every record; if none is given the state's, else now.
/// What is used is kept in the state and logged.
Expected<std::unique_ptr<FileSource>> open_files(Store& store, const std::vector<std::string>& paths,
                                                 std::optional<TimeNs> as_of);

/// The configured topic; waits for a broker until `stop`.
Expected<std::unique_ptr<Source>> open_topic(const Settings& settings, const Store& store,
                                             Telemetry& telemetry, const std::atomic<bool>& stop);

/// One for each configured output, not started.
Expected<std::vector<std::unique_ptr<Deliverer>>> make_deliverers(const Settings& settings, Store& store,
                                                                  Telemetry& telemetry);

WorkerOptions worker_options(const Settings& settings, bool batch);

}  // namespace blockwatch
