// Before the state is opened: waits while its disk is too full for that (state/space.h).
#pragma once

#include <atomic>

#include "base/error.h"
#include "config/settings.h"
#include "pipeline/telemetry.h"

namespace blockwatch {

/// Returns when there is space. Until then systemd is fed, since no restart helps, and HTTP is up: /healthz
/// and /metrics answer, everything else says with status 503 what is waited for. An error (75): a stop, a
/// file system that does not answer, or as HttpServer::start.
Expected<void> wait_for_space(const Settings& settings, Telemetry& telemetry, const std::atomic<bool>& stop);

}  // namespace blockwatch
