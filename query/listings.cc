#include "query/listings.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "pipeline/alert/incident.h"
#include "pipeline/alert/incident_json.h"
#include "pipeline/gap_decision.h"
#include "query/gaps.h"
#include "query/json.h"
#include "query/standing.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

ordered_json partition_json(const PartitionProgress& p, const std::vector<Gap>& all_gaps) {
  ordered_json ranges = ordered_json::array();
  ordered_json gaps = ordered_json::array();
  const auto add_range = [&](std::uint64_t from, std::uint64_t to) {
    if (to > from) ranges.push_back(ordered_json::array({from, to}));
  };
  for (const Gap& gap : all_gaps) {
    if (gap.partition != p.partition) continue;
    gaps.push_back(gap_json(gap, p.topic));
    if (divides(gap)) add_range(gap.first_offset, gap.position);
  }
  add_range(p.first_offset, p.next_offset);
  return {{"topic", p.topic},
          {"partition", p.partition},
          {"consumed", p.consumed()},
          {"counted", p.counted},
          {"duplicate", p.duplicate},
          {"rejected", p.rejected},
          {"out_of_scope", p.out_of_scope},
          {"by_reason", counts_json<RejectReason>(p.by_reason)},
          {"quality",
           {{"bad_destination_partial", p.bad_destination_partial},
            {"stray_results", p.stray_results},
            {"unknown_codes", p.unknown_codes},
            {"dedup_evicted", p.dedup_evicted},
            {"late", p.late}}},
          {"ranges", ranges},
          {"gaps", gaps}};
}

ordered_json sighting_or_empty(const std::optional<Sighting>& s) {
  return s ? sighting_json(*s) : ordered_json::object();
}

// What became of the notification at an output.
ordered_json result_json(const OutputStanding& output, std::uint64_t sequence) {
  if (sequence > output.cursor) return {{"output", output.name}, {"result", "pending"}};
  const auto after =
      std::upper_bound(output.suppressed.begin(), output.suppressed.end(), sequence,
                       [](std::uint64_t s, const Suppressed& range) { return s < range.first; });
  if (after == output.suppressed.begin() || sequence - std::prev(after)->first >= std::prev(after)->count)
    return {{"output", output.name}, {"result", "delivered"}};
  return {{"output", output.name}, {"result", "suppressed"}, {"reason", name_of(std::prev(after)->reason)}};
}

// `outputs`: none = the notifications do not say what became of them.
ordered_json incident_json(const Snapshot& snapshot, const IncidentSummary& incident,
                           const std::optional<std::vector<OutputStanding>>& outputs) {
  ordered_json notifications = ordered_json::array();
  for (const auto& n : snapshot.notifications_of(incident.id)) {
    ordered_json notification = {{"id", notification_id(incident.id, n.milestone)},
                                 {"milestone", n.milestone},
                                 {"time", format_time(n.time)}};
    if (outputs) {
      notification["outputs"] = ordered_json::array();
      for (const OutputStanding& output : *outputs)
        notification["outputs"].push_back(result_json(output, n.sequence));
    }
    notifications.push_back(std::move(notification));
  }
  return {{"incident", incident.id},
          {"kind", incident.key.kind},
          {"severity", severity_of(incident.key.kind)},
          {"policy", incident.key.policy},
          {"jurisdiction", incident.key.jurisdiction},
          {"agency", incident.key.agency},
          {"day", incident.key.day},
          {"count", incident.counters.count - incident.allowance},
          {"by_outcome", counts_json<Outcome>(incident.counters.by_outcome)},
          {"by_class", counts_json<Class>(incident.counters.by_class)},
          {"first", sighting_or_empty(incident.counters.first)},
          {"last", sighting_or_empty(incident.counters.last)},
          {"notifications", notifications}};
}

bool matches(const IncidentFilter& filter, const IncidentKey& key) {
  const auto fits = [](const std::string& wanted, const std::string& value) {
    return wanted.empty() || wanted == value;
  };
  return fits(filter.day, key.day) && fits(filter.kind, key.kind) && fits(filter.policy, key.policy) &&
         fits(filter.jurisdiction, key.jurisdiction) && fits(filter.agency, key.agency);
}

}  // namespace

AsOf as_of(const Snapshot& snapshot) {
  AsOf out;
  const auto partitions = snapshot.partitions();
  for (const auto& p : partitions) out.positions.emplace_back(partition_name(p), p.next_offset);
  out.event_time_max = newest_event(partitions);
  if (const auto policies = snapshot.versions(VersionKind::policy); !policies.empty())
    out.policy = policies.back().digest;
  if (const auto catalogs = snapshot.versions(VersionKind::catalog); !catalogs.empty())
    out.catalog = catalogs.back().digest;
  return out;
}

std::string completeness_json(const Snapshot& snapshot) {
  ordered_json partitions = ordered_json::array();
  const auto gaps = snapshot.gaps();
  for (const auto& p : snapshot.partitions()) partitions.push_back(partition_json(p, gaps));
  return dump_json({{"partitions", partitions}});
}

std::string incidents_json(const Snapshot& snapshot, const IncidentFilter& filter) {
  auto incidents = snapshot.incidents(filter.day, filter.day);
  std::erase_if(incidents, [&](const IncidentSummary& i) {
    return !matches(filter, i.key) || !i.id.starts_with(filter.incident) ||
           i.counters.count <= i.allowance;  // uses within the allowance are no incident
  });
  const auto order = [](const IncidentSummary& i) {
    return std::tie(i.key.day, i.key.kind, i.key.policy, i.key.jurisdiction, i.key.agency);
  };
  std::sort(incidents.begin(), incidents.end(),
            [&](const IncidentSummary& a, const IncidentSummary& b) { return order(a) < order(b); });
  const auto outputs = filter.incident.empty() ? std::nullopt : std::optional(snapshot.outputs());
  ordered_json list = ordered_json::array();
  for (const auto& i : incidents) list.push_back(incident_json(snapshot, i, outputs));
  return dump_json({{"as_of", to_json_value(as_of(snapshot))}, {"incidents", list}});
}

}  // namespace blockwatch
