#include "daemon/space_wait.h"

#include <chrono>
#include <filesystem>
#include <string>

#include "base/log.h"
#include "daemon/http/server.h"
#include "daemon/systemd.h"
#include "state/space.h"

namespace blockwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPollInterval{500};

/// The state directory, or what it is to be made in.
std::string existing_part_of(const std::string& dir) {
  std::error_code error;
  fs::path path = fs::absolute(dir, error);
  while (path.has_relative_path() && !fs::exists(path, error)) path = path.parent_path();
  return path.string();
}

HttpResponse answer(const HttpRequest& request, const std::string& dir, const SpaceGate& gate,
                    const Telemetry& telemetry) {
  if (request.path == "/healthz") return {200, "application/json", R"({"status":"alive"})"};
  if (request.path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", telemetry.render()};
  const auto mib = [](std::uint64_t bytes) { return std::to_string(bytes >> 20U); };
  const SpaceWait wait = gate.waiting().value_or(SpaceWait{});
  return http_error(503, "waiting for space to open the state: " + mib(wait.free_bytes) +
                             " MiB are free in " + dir + ", " + mib(kFreeBytesMin) +
                             " are needed; counting begins by itself once they are free");
}

}  // namespace

Expected<void> wait_for_space(const Settings& settings, Telemetry& telemetry, const std::atomic<bool>& stop) {
  const std::string& dir = settings.state_dir;
  const auto free_bytes = free_bytes_of(existing_part_of(dir));
  if (!free_bytes) return tl::unexpected(free_bytes.error());
  if (enough_space(*free_bytes, 0)) return {};
  const auto probe = [&]() -> Expected<std::uint64_t> {
    if (stop) return fail(ExitCode::temporary, "stopped while waiting for space in " + dir);
    systemd::feed_watchdog();
    return free_bytes_of(existing_part_of(dir));
  };
  SpaceGate gate(dir, probe, kPollInterval);
  auto http = HttpServer::start(settings.http_listen, [&](const HttpRequest& request) {
    return answer(request, dir, gate, telemetry);
  });
  if (!http) return tl::unexpected(http.error());
  log::info("http_listening", "HTTP is up", {{"address", (*http)->address()}});
  telemetry.waiting_for_space(true);
  systemd::status("the disk is full: waiting for space to open the state");
  systemd::ready();
  auto done = gate.wait_for(0);
  telemetry.waiting_for_space(false);
  return done;
}

}  // namespace blockwatch
