#include "query/status.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "pipeline/alert/incident.h"
#include "query/json.h"
#include "query/listings.h"
#include "query/standing.h"
#include "state/space.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

// What is said to need attention. Fewer are the ups and downs of a moment.
constexpr std::uint64_t kLagMin = 10'000;
constexpr std::uint64_t kPendingMin = 100;
constexpr TimeNs kSilenceMax = 20 * kSecond;
constexpr std::uint64_t kRejectedPercent = 1;
// Counting waits below kFreeBytesMin; four times as much is the time to act.
constexpr std::uint64_t kFreeBytesLow = 4 * kFreeBytesMin;

constexpr std::array<std::string_view, 3> kSeverities{"critical", "warning", "info"};

ordered_json age_or_null(TimeNs time, TimeNs now) {
  return time == kNoTime ? ordered_json() : ordered_json(std::max<TimeNs>(0, now - time) / kSecond);
}

std::string counted(std::uint64_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

/// Incidents that are open, by severity, and of them those of the UTC day that `now` is in.
struct OpenIncidents {
  std::map<std::string_view, std::uint64_t> all, today;
};

OpenIncidents open_incidents(const Store& store, TimeNs now) {
  struct Sum {
    IncidentKey key;
    std::uint64_t allowance = 0, count = 0;
  };
  std::map<std::string, Sum> sums;
  for (const IncidentPart& part : store.open_incident_parts()) {
    Sum& sum = sums[part.id];
    sum.key = part.key;
    sum.allowance = part.allowance;
    sum.count += part.counters.count;
  }
  OpenIncidents open;
  for (const auto& [_, sum] : sums) {
    if (sum.count <= sum.allowance) continue;  // uses within the allowance are no incident
    const std::string_view severity = severity_of(sum.key.kind);
    ++open.all[severity];
    if (sum.key.day == format_utc_day(now)) ++open.today[severity];
  }
  return open;
}

ordered_json severities_json(const std::map<std::string_view, std::uint64_t>& counts) {
  ordered_json out = ordered_json::object();
  for (const std::string_view severity : kSeverities) {
    const auto found = counts.find(severity);
    out[std::string(severity)] = found == counts.end() ? 0 : found->second;
  }
  return out;
}

ordered_json partition_json(const PartitionProgress& p, const StatusInput& input) {
  std::optional<std::uint64_t> lag;
  if (input.live) lag = input.live->lag_of(p);
  const bool at_end = input.live ? input.live->at_end || lag == std::optional<std::uint64_t>(0) : p.ended;
  return {{"topic", p.topic},
          {"partition", p.partition},
          {"position", p.next_offset},
          {"lag", number_or_null(lag)},
          {"at_end", at_end},
          {"clock", time_or_null(p.clock)},
          {"clock_age_seconds", age_or_null(p.clock, input.now)},
          {"rejected", p.rejected}};
}

// Of the outputs in force; of a state that no daemon holds, of all that it has met.
ordered_json outputs_json(const Store& store, const Snapshot& snapshot, const StatusInput& input) {
  std::map<std::string, OutputStanding> known;
  for (OutputStanding& o : snapshot.outputs()) known[o.name] = o;
  std::vector<std::string> names;
  if (input.live) {
    names = input.live->outputs;
  } else {
    for (const auto& [name, _] : known) names.push_back(name);
  }
  ordered_json outputs = ordered_json::array();
  const std::uint64_t end = store.log_end();
  for (const std::string& name : names) {
    const OutputStanding& o = known[name];
    outputs.push_back({{"name", name},
                       {"cursor", o.cursor},
                       {"delivered", o.delivered},
                       {"suppressed", o.cursor - o.delivered},
                       {"pending", end - std::min(o.cursor, end)}});
  }
  return outputs;
}

ordered_json version_json(const Snapshot& snapshot, VersionKind kind) {
  const auto versions = snapshot.versions(kind);
  if (versions.empty()) return nullptr;
  return {{"digest", versions.back().digest}, {"since", time_or_null(versions.back().activated_at)}};
}

/// Of the state directory's disk, at most a line of a terminal.
void add_space(const StatusInput& input, std::vector<std::string>& out) {
  const auto say = [&](const std::string& what, std::uint64_t free_bytes, const std::string& rest) {
    out.push_back("disk " + what + ": " + std::to_string(free_bytes >> 20U) + rest + ", in " +
                  input.state_dir);
  };
  const auto of = [](std::uint64_t needed) { return " of " + std::to_string(needed >> 20U) + " MiB free"; };
  if (input.live && input.live->waits_for_space) {
    const SpaceWait& wait = *input.live->waits_for_space;
    say("full, counting waits", wait.free_bytes, of(wait.needed_bytes));
  } else if (input.disk_free_bytes && *input.disk_free_bytes < kFreeBytesMin) {
    say("full, the next commit waits", *input.disk_free_bytes, of(kFreeBytesMin));
  } else if (input.disk_free_bytes && *input.disk_free_bytes < kFreeBytesLow) {
    say("almost full", *input.disk_free_bytes,
        " MiB free, counting waits below " + std::to_string(kFreeBytesMin >> 20U));
  }
}

/// What stands still or is about to.
void add_standstill(const StatusInput& input, std::vector<std::string>& out) {
  add_space(input, out);
  if (!input.live) return;
  if (input.live->phase == "starting") out.emplace_back("waiting for the source");
  if (input.live->reload_refused)
    out.emplace_back("the last reload was refused and the old policy goes on: blockwatch check-config");
  if (!input.live->waits_for_space && input.live->last_poll != kNoTime &&
      input.now - input.live->last_poll > kSilenceMax) {
    out.push_back("the data path has not come back for " +
                  std::to_string((input.now - input.live->last_poll) / kSecond) + " s");
  }
}

void add_silences(const std::vector<PartitionProgress>& partitions, const StatusInput& input,
                  std::vector<std::string>& out) {
  if (!input.live || !input.live->silent_for) return;
  for (const PartitionProgress& p : partitions) {
    const std::chrono::seconds silent = input.live->silent_for(p);
    if (silent.count() == 0) continue;
    out.push_back(partition_name(p) + ": nothing has come for " + std::to_string(silent.count()) +
                  " s, although its log goes on (an open transaction, or a stalled client: see the log)");
  }
}

void add_feeds(const std::vector<PartitionProgress>& partitions, const StatusInput& input,
               std::vector<std::string>& out) {
  if (!input.live) return;
  for (const PartitionProgress& p : partitions) {
    if (input.live->is_quiet && input.live->is_quiet(p))
      out.push_back(partition_name(p) + " has far fewer messages than usual at this hour of the week");
    if (input.live->lag_grows && input.live->lag_grows(p))
      out.push_back(partition_name(p) + ": the lag has grown each minute for ten minutes");
  }
}

void add_halts(const std::vector<PartitionProgress>& partitions, const std::vector<Gap>& gaps,
               std::vector<std::string>& out) {
  for (const PartitionProgress& p : partitions) {
    const auto halted = std::find_if(gaps.rbegin(), gaps.rend(), [&](const Gap& gap) {
      return gap.partition == p.partition && gap.state == GapState::halted;
    });
    if (halted == gaps.rend()) continue;
    out.push_back(partition_name(p) + " is halted at offset " + std::to_string(halted->position) + " (" +
                  std::string(name_of(halted->kind)) + "): blockwatch gaps list");
  }
}

void add_backlogs(const ordered_json& partitions, const ordered_json& outputs,
                  std::vector<std::string>& out) {
  for (const auto& output : outputs) {
    const auto pending = output.at("pending").get<std::uint64_t>();
    if (pending >= kPendingMin) {
      out.push_back("output " + output.at("name").get<std::string>() + ": " +
                    counted(pending, "notification") + " not delivered yet");
    }
  }
  std::uint64_t lag = 0;
  for (const auto& p : partitions) lag += p.at("lag").is_null() ? 0 : p.at("lag").get<std::uint64_t>();
  if (lag >= kLagMin) out.push_back("catching up: " + counted(lag, "record") + " not read yet");
}

void add_doubts(const std::vector<PartitionProgress>& partitions, std::vector<std::string>& out) {
  std::uint64_t consumed = 0;
  std::uint64_t rejected = 0;
  std::uint64_t evicted = 0;
  for (const PartitionProgress& p : partitions) {
    consumed += p.consumed();
    rejected += p.rejected;
    evicted += p.dedup_evicted;
  }
  if (rejected * 100 > consumed * kRejectedPercent) {
    out.push_back(counted(rejected, "record") + " of " + std::to_string(consumed) +
                  " rejected: blockwatch rejects");
  }
  if (evicted != 0) {
    out.push_back(counted(evicted, "id") +
                  " fell out of the memory of duplicates early: duplicates may have been counted");
  }
  if (partitions.empty()) out.emplace_back("no partition has been read yet");
}

ordered_json rollbacks_json(const Snapshot& snapshot) {
  ordered_json list = ordered_json::array();
  for (const Rollback& rollback : snapshot.rollbacks()) {
    ordered_json positions = ordered_json::array();
    for (const Rollback::Position& p : rollback.positions)
      positions.push_back({{"partition", p.partition}, {"epoch", p.epoch}, {"offset", p.next_offset}});
    list.push_back({{"at", time_or_null(rollback.at)}, {"positions", positions}});
  }
  return list;
}

}  // namespace

std::string status_json(const Store& store, const StatusInput& input) {
  const auto snapshot = store.snapshot();
  const auto progress = snapshot->partitions();
  const AsOf now = as_of(*snapshot);
  ordered_json partitions = ordered_json::array();
  for (const PartitionProgress& p : progress) partitions.push_back(partition_json(p, input));
  const ordered_json outputs = outputs_json(store, *snapshot, input);
  OpenIncidents open = open_incidents(store, input.now);

  std::vector<std::string> attention;
  add_standstill(input, attention);
  add_halts(progress, snapshot->gaps(), attention);
  add_silences(progress, input, attention);
  add_feeds(progress, input, attention);
  if (const std::uint64_t critical = open.all["critical"]; critical != 0) {
    attention.push_back(counted(critical, "critical incident") + (critical == 1 ? " is" : " are") +
                        " open: blockwatch alerts list");
  }
  add_backlogs(partitions, outputs, attention);
  add_doubts(progress, attention);

  ordered_json out{{"instance", store.identity().instance},
                   {"version", BLOCKWATCH_VERSION},
                   {"attention", attention},
                   {"state", input.live ? ordered_json(input.live->phase) : ordered_json()}};
  ordered_json uptime;
  ordered_json rate;
  if (input.live) {
    const TimeNs up = std::max<TimeNs>(0, input.now - input.live->started_at);
    uptime = up / kSecond;
    if (up >= kSecond) {
      const std::uint64_t tenths = input.live->records * 10 / static_cast<std::uint64_t>(up / kSecond);
      rate = static_cast<double>(tenths) / 10;
    }
  }
  out["uptime_seconds"] = uptime;
  out["records_per_second"] = rate;  // of this run
  out["last_commit"] = input.live ? time_or_null(input.live->last_commit) : ordered_json();
  out["last_commit_age_seconds"] =
      input.live ? age_or_null(input.live->last_commit, input.now) : ordered_json();
  out["partitions"] = partitions;
  out["outputs"] = outputs;
  out["policy"] = now.policy;
  out["catalog"] = now.catalog;
  out["versions"] = {{"policy", version_json(*snapshot, VersionKind::policy)},
                     {"catalog", version_json(*snapshot, VersionKind::catalog)}};
  out["rollbacks"] = rollbacks_json(*snapshot);
  out["event_time_max"] = time_or_null(now.event_time_max);
  out["incidents"] = {{"open", severities_json(open.all)},
                      {"day", format_utc_day(input.now)},
                      {"open_of_day", severities_json(open.today)}};
  out["disk_free_bytes"] = number_or_null(input.disk_free_bytes);
  out["waiting_for_space"] =
      input.live ? ordered_json(input.live->waits_for_space.has_value()) : ordered_json();
  return dump_json(out);
}

}  // namespace blockwatch
