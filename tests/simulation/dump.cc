#include "tests/simulation/dump.h"

#include <algorithm>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "query/listings.h"
#include "query/rejects.h"
#include "query/report.h"
#include "tests/simulation/script.h"

namespace blockwatch::simulation {
namespace {

using Json = nlohmann::ordered_json;

void fault(const Stage& stage, const std::string& text) {
  stage.outside.report_fault(text.c_str());
}

const PartitionProgress* find(const std::vector<PartitionProgress>& progress, std::uint32_t number) {
  const auto at = std::find_if(progress.begin(), progress.end(),
                               [number](const PartitionProgress& p) { return p.partition == number; });
  return at == progress.end() ? nullptr : &*at;
}

void check_progress(const Store& store, const Stage& stage) {
  const auto progress = store.snapshot()->partitions();
  for (std::uint32_t n = 0; n < stage.plan.logs.size(); ++n) {
    const PartitionProgress* p = find(progress, n);
    const std::uint64_t next = p == nullptr ? 0 : p->next_offset;
    if (next < stage.outside.committed[n])
      fault(stage, "partition " + std::to_string(n) + " stands at " + std::to_string(next) + ", and " +
                       std::to_string(stage.outside.committed[n]) + " was reported as committed");
    const bool behind_gap = next == stage.outside.log_start[n];  // its anchor is of the record before the gap
    if (p != nullptr && p->consumed() != 0 && !behind_gap &&
        !anchor_is_right(stage.world, stage.plan, *p, store.identity().fingerprint_key))
      fault(stage, "the anchor of partition " + std::to_string(n) + " is not that of the record before " +
                       std::to_string(next));
  }
}

bool was_stored(const std::vector<StoredVersion>& versions, const std::string& digest, TimeNs from) {
  return std::any_of(versions.begin(), versions.end(),
                     [&](const StoredVersion& v) { return v.digest == digest && v.activated_at <= from; });
}

void check_activations(const Store& store, const Stage& stage) {
  const auto policies = store.snapshot()->versions(VersionKind::policy);
  const auto catalogs = store.snapshot()->versions(VersionKind::catalog);
  for (std::size_t i = 0; i < stage.outside.activation_count; ++i) {
    const Reported& a = stage.outside.activations.at(i);
    const Configuration& c = stage.world.configurations[a.policy][a.catalog];
    if (!was_stored(policies, c.policy.digest, a.from) || !was_stored(catalogs, c.catalog.digest, a.from))
      fault(stage, "versions reported as activated at " + format_time(a.from) + " are not stored");
  }
}

bool is_suppressed(const OutputStanding& output, std::uint64_t sequence) {
  return std::any_of(output.suppressed.begin(), output.suppressed.end(), [sequence](const Suppressed& s) {
    return sequence >= s.first && sequence < s.first + s.count;
  });
}

void check_output(const OutputStanding& output, const std::vector<Notification>& log, const Stage& stage) {
  const std::size_t index = output.name == output_name(0) ? 0 : 1;
  const auto& accepted = stage.outside.accepted.at(index);
  for (std::size_t sequence = log.size() + 1; sequence < kNotificationsMax; ++sequence)
    if (accepted.at(sequence) != 0)
      return fault(stage, "a notification was delivered that the log does not hold");
  std::uint64_t suppressed = 0;
  for (const Notification& n : log) {
    if (n.sequence >= kNotificationsMax) break;
    const std::uint64_t hash = accepted.at(n.sequence);
    if (hash != 0 && hash != hash_of(n))
      fault(stage, "a notification was delivered with another body than the log's");
    const bool is_not_sent = is_suppressed(output, n.sequence);
    suppressed += is_not_sent ? 1 : 0;
    if (n.sequence <= output.cursor && hash == 0 && !is_not_sent)
      fault(stage, "output " + output.name + " is done with notification " + std::to_string(n.sequence) +
                       ", which nobody got");
  }
  if (output.cursor > log.size()) fault(stage, "output " + output.name + " is beyond the end of the log");
  if (output.delivered + suppressed != output.cursor)
    fault(stage, "output " + output.name + ": delivered and suppressed do not make up its cursor");
}

void check_outputs(const Store& store, const Stage& stage) {
  const auto log = store.read_log(0, SIZE_MAX);
  for (std::size_t i = 0; i < log.size(); ++i)
    if (log[i].sequence != i + 1) fault(stage, "the log has a hole");
  for (const OutputStanding& output : store.snapshot()->outputs()) check_output(output, log, stage);
}

// The records behind the position are not told; nor are those that were lost.
Json records_below(const Stage& stage, std::uint32_t number, std::uint64_t next_offset) {
  Json out = Json::array();
  for (const LogRecord& r : stage.plan.logs[number]) {
    if (r.offset >= next_offset) break;
    const bool is_lost = std::any_of(
        stage.outside.lost.begin(),
        stage.outside.lost.begin() + static_cast<std::ptrdiff_t>(stage.outside.lost_count),
        [&](const Lost& l) { return l.partition == number && r.offset >= l.from && r.offset < l.to; });
    if (!is_lost) out.push_back({r.number, r.offset, r.broker_time / kMillisecond});
  }
  return out;
}

Json versions_of(const Store& store, VersionKind kind, const std::vector<std::string>& digests) {
  Json out = Json::array();
  for (const StoredVersion& v : store.snapshot()->versions(kind)) {
    const auto at = std::find(digests.begin(), digests.end(), v.digest);
    out.push_back({at - digests.begin(), v.activated_at == kNoTime ? Json() : Json(v.activated_at)});
  }
  return out;
}

std::string answer(Expected<std::string> text, const Stage& stage) {
  if (text) return std::move(*text);
  fault(stage, "no answer: " + text.error().message);
  return "null";
}

std::string report(const Snapshot& snapshot, const Stage& stage, std::vector<std::string> by,
                   const std::string& unit) {
  const World& world = stage.world;
  ReportRequest request;
  request.from = format_utc_day(world.base - 3 * kDay);
  request.to = format_utc_day(std::max(world.as_of, world.base + world.days * kDay) + 2 * kDay);
  request.by = std::move(by);
  request.unit = unit;
  request.rollup = true;
  auto made = make_report(snapshot, request, world.settings().lateness);
  return answer(made ? Expected<std::string>(to_json(std::move(*made))) : tl::unexpected<Error>(made.error()),
                stage);
}

}  // namespace

void check_state(const Store& store, const Stage& stage) {
  check_progress(store, stage);
  check_activations(store, stage);
  check_outputs(store, stage);
}

void check_drained(const Store& store, const Stage& stage) {
  const auto outputs = store.snapshot()->outputs();
  for (const OutputStanding& output : outputs) {
    if (output.cursor != store.log_end())
      fault(stage, "output " + output.name + " was left with notifications");
    for (const Suppressed& s : output.suppressed) stage.outside.count(Event::suppressed, s.count);
  }
  check_state(store, stage);
  stage.outside.count(Event::everything_drained);
}

void print_state(const Store& store, const Stage& stage) {
  const auto snapshot = store.snapshot();
  const auto progress = snapshot->partitions();
  Json records = Json::array();
  for (std::uint32_t n = 0; n < stage.plan.logs.size(); ++n) {
    const PartitionProgress* p = find(progress, n);
    records.push_back(p == nullptr ? Json() : records_below(stage, n, p->next_offset));
  }
  std::vector<std::string> policies, catalogs;
  for (const auto& row : stage.world.configurations) policies.push_back(row[0].policy.digest);
  for (const auto& c : stage.world.configurations[0]) catalogs.push_back(c.catalog.digest);
  const Json head{{"records", records},
                  {"policies", versions_of(store, VersionKind::policy, policies)},
                  {"catalogs", versions_of(store, VersionKind::catalog, catalogs)}};
  std::string text = head.dump();
  text.pop_back();
  text += ",\"completeness\":" + completeness_json(*snapshot);
  text += ",\"incidents\":" + incidents_json(*snapshot, {});
  text += ",\"rejects\":" + answer(rejects_json(*snapshot, {}), stage);
  text += ",\"report\":" +
          report(*snapshot, stage,
                 {"ori", "agency", "jurisdiction", "class", "channel", "outcome", "verdict", "day"},
                 "observations");
  text += ",\"messages\":" + report(*snapshot, stage, {"agency", "class", "day"}, "messages");
  std::erase(text, '\n');
  stage.outside.was_printed = true;
  for (std::string_view left = text; !left.empty();) {
    const long written = ::syscall(SYS_write, STDOUT_FILENO, left.data(), left.size());
    if (written <= 0) ::_exit(1);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace blockwatch::simulation
