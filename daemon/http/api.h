// What the daemon answers over HTTP: health, metrics, and the listings of query/ under /api/v1.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/time.h"
#include "config/settings.h"
#include "daemon/http/server.h"
#include "daemon/outputs.h"
#include "pipeline/telemetry.h"
#include "pipeline/worker.h"
#include "state/store.h"

namespace blockwatch {

/// `running` once the source has its partitions.
enum class Phase : std::uint8_t { starting, running, stopping };

/// Borrows everything from the service, which outlives it. Thread: handle() from any, several at a time.
class Api {
 public:
  Api(const Store& store, const Settings& settings, const Outputs& outputs, Telemetry& telemetry,
      const WorkerStatus& worker, const std::atomic<Phase>& phase);

  /// 404 for an unknown path, 400 for an unknown or repeated parameter, 422 for words that a report or
  /// a listing cannot follow.
  HttpResponse handle(const HttpRequest& request) const;

 private:
  HttpResponse ready() const;
  HttpResponse metrics() const;
  HttpResponse status() const;
  HttpResponse report(const HttpRequest& request) const;
  HttpResponse incidents(const HttpRequest& request) const;
  HttpResponse policy(const HttpRequest& request) const;
  HttpResponse rejects(const HttpRequest& request) const;

  const Store& store_;
  const Settings& settings_;
  const Outputs& outputs_;
  Telemetry& telemetry_;
  const WorkerStatus& worker_;
  const std::atomic<Phase>& phase_;
  const TimeNs started_at_;
};

}  // namespace blockwatch
