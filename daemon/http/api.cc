#include "daemon/http/api.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/resident_memory.h"
#include "query/gaps.h"
#include "query/listings.h"
#include "query/rejects.h"
#include "query/report_json.h"
#include "query/status.h"
#include "query/versions.h"
#include "state/space.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::starting:
      return "starting";
    case Phase::running:
      return "running";
    case Phase::stopping:
      return "stopping";
  }
  return "stopping";
}

HttpResponse json(std::string body) {
  return {200, "application/json", std::move(body)};
}
HttpResponse json(const Json& body) {
  return json(body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string known_names(std::initializer_list<std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  return list.empty() ? "none" : list;
}

/// Each parameter once and known; else what is wrong with them.
std::optional<std::string> find_fault(const HttpRequest& request,
                                      std::initializer_list<std::string_view> known) {
  std::map<std::string_view, int> seen;
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return "unknown parameter \"" + name + "\"; known here: " + known_names(known);
    }
    if (++seen[name] > 1) return "parameter \"" + name + "\" is given twice";
  }
  return std::nullopt;
}

std::string value_of(const HttpRequest& request, std::string_view name, std::string otherwise = {}) {
  for (const auto& [key, value] : request.query) {
    if (key == name) return value;
  }
  return otherwise;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    words.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return words;
}

std::optional<bool> read_flag(const std::string& word) {
  if (word.empty() || word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  return std::nullopt;
}

}  // namespace

Api::Api(const Store& store, const Settings& settings, const Outputs& outputs, Telemetry& telemetry,
         const WorkerStatus& worker, const std::atomic<Phase>& phase)
    : store_(store),
      settings_(settings),
      outputs_(outputs),
      telemetry_(telemetry),
      worker_(worker),
      phase_(phase),
      started_at_(wall_clock_now()) {}

HttpResponse Api::handle(const HttpRequest& request) const {
  if (request.path == "/api/v1/report") return report(request);
  if (request.path == "/api/v1/incidents") return incidents(request);
  if (request.path == "/api/v1/policy") return policy(request);
  if (request.path == "/api/v1/rejects") return rejects(request);
  using Answer = HttpResponse (*)(const Api&);
  static const std::map<std::string_view, Answer> kWithoutParameters{
      {"/healthz",
       [](const Api&) {
         return json(Json{{"status", "alive"}});
       }},
      {"/readyz", [](const Api& api) { return api.ready(); }},
      {"/metrics", [](const Api& api) { return api.metrics(); }},
      {"/api/v1/status", [](const Api& api) { return api.status(); }},
      {"/api/v1/gaps", [](const Api& api) { return json(gaps_json(*api.store_.snapshot())); }},
      {"/api/v1/completeness",
       [](const Api& api) { return json(completeness_json(*api.store_.snapshot())); }},
  };
  const auto found = kWithoutParameters.find(request.path);
  if (found == kWithoutParameters.end()) {
    return http_error(
        404,
        "no such resource; there are /metrics, /healthz, /readyz and /api/v1/ report, incidents, "
        "rejects, completeness, gaps, policy, status");
  }
  if (const auto fault = find_fault(request, {})) return http_error(400, *fault);
  return found->second(*this);
}

HttpResponse Api::ready() const {
  switch (phase_.load()) {
    case Phase::starting:
      return http_error(503, "waiting for the source");
    case Phase::running:
      return json(Json{{"status", "ready"}});
    case Phase::stopping:
      return http_error(503, "stopping");
  }
  return http_error(503, "stopping");
}

HttpResponse Api::status() const {
  StatusInput input;
  input.now = wall_clock_now();
  input.state_dir = settings_.state_dir;
  if (const auto free = free_bytes_of(settings_.state_dir)) input.disk_free_bytes = *free;
  LiveStatus live;
  live.phase = name_of(phase_.load());
  live.waits_for_space = store_.waits_for_space();
  live.started_at = started_at_;
  live.last_commit = telemetry_.last_commit();
  live.reload_refused = !telemetry_.last_reload_succeeded();
  if (const TimeNs last_poll = worker_.last_progress; last_poll != 0) live.last_poll = last_poll;
  live.records = worker_.records;
  live.at_end = worker_.at_end;
  live.lag_of = [this](const PartitionProgress& p) { return telemetry_.lag_of(p.topic, p.partition); };
  live.silent_for = [this](const PartitionProgress& p) {
    return telemetry_.silent_for(p.topic, p.partition);
  };
  live.is_quiet = [this](const PartitionProgress& p) { return telemetry_.is_quiet(p.topic, p.partition); };
  live.lag_grows = [this](const PartitionProgress& p) { return telemetry_.lag_grows(p.topic, p.partition); };
  for (const OutputSettings& output : outputs_.settings()) live.outputs.push_back(output.name);
  input.live = std::move(live);
  return json(status_json(store_, input));
}

HttpResponse Api::metrics() const {
  const StateMemory state = store_.memory_used();
  telemetry_.memory_used(MemoryPart::state_cache, state.cache_bytes);
  telemetry_.memory_used(MemoryPart::write_buffers, state.write_buffer_bytes);
  if (const auto resident = resident_bytes()) telemetry_.resident(*resident);
  return {200, "text/plain; version=0.0.4; charset=utf-8", telemetry_.render(), std::nullopt};
}

HttpResponse Api::rejects(const HttpRequest& request) const {
  if (const auto fault = find_fault(request, {"reason", "partition", "after"}))
    return http_error(400, *fault);
  const RejectWords words{value_of(request, "reason"), value_of(request, "partition"),
                          value_of(request, "after")};
  const auto made = rejects_json(*store_.snapshot(), words, kRejectsPageMax);
  if (!made) return http_error(422, made.error().message);
  return json(*made);
}

HttpResponse Api::report(const HttpRequest& request) const {
  if (const auto fault = find_fault(request, {"from", "to", "last", "now", "newest", "zone", "by", "agency",
                                              "exclude", "jurisdiction", "unit", "rollup"})) {
    return http_error(400, *fault);
  }
  const auto rollup = read_flag(value_of(request, "rollup", "false"));
  if (!rollup) return http_error(400, "rollup is true or false");
  const auto now = read_flag(value_of(request, "now", "false"));
  if (!now) return http_error(400, "now is true or false");
  const std::string newest = value_of(request, "newest");
  const auto newest_elsewhere = newest.empty() ? kNoTime : parse_rfc3339(newest);
  if (!newest_elsewhere) return http_error(400, "newest is RFC 3339 with offset");
  ReportRequest words;
  words.from = value_of(request, "from");
  words.to = value_of(request, "to");
  words.last = value_of(request, "last");
  if (*now) words.now = wall_clock_now();
  words.newest_elsewhere = *newest_elsewhere;
  words.zone = value_of(request, "zone", words.zone);
  words.by = split(value_of(request, "by"));
  words.agency = value_of(request, "agency");
  words.exclude = value_of(request, "exclude");
  words.jurisdiction = value_of(request, "jurisdiction");
  words.unit = value_of(request, "unit", words.unit);
  words.rollup = *rollup;
  // The snapshot after the mark: what was committed up to the log's end is in it.
  const LiveClocks live{worker_.at_end, wall_clock_now()};
  auto made = make_report(*store_.snapshot(), words, settings_.lateness, live);
  if (!made) return http_error(made.error().code == ExitCode::usage ? 422 : 500, made.error().message);
  HttpResponse answer;
  const auto json = std::make_shared<ReportJson>(std::move(*made));
  answer.stream = {json->size(), [json](char* out, std::size_t room) { return json->read(out, room); }};
  return answer;
}

HttpResponse Api::policy(const HttpRequest& request) const {
  if (const auto fault = find_fault(request, {"files"})) return http_error(400, *fault);
  const auto files = read_flag(value_of(request, "files", "false"));
  if (!files) return http_error(400, "files is true or false");
  return json(versions_json(*store_.snapshot(), *files));
}

HttpResponse Api::incidents(const HttpRequest& request) const {
  if (const auto fault =
          find_fault(request, {"day", "kind", "policy", "jurisdiction", "agency", "incident"})) {
    return http_error(400, *fault);
  }
  const IncidentFilter filter{value_of(request, "day"),    value_of(request, "kind"),
                              value_of(request, "policy"), value_of(request, "jurisdiction"),
                              value_of(request, "agency"), value_of(request, "incident")};
  return json(incidents_json(*store_.snapshot(), filter));
}

}  // namespace blockwatch
