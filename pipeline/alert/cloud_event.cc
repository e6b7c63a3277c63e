#include "pipeline/alert/cloud_event.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/alert/incident.h"
#include "pipeline/alert/incident_json.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

std::string_view event_type(std::string_view milestone) {
  if (milestone == "opened") return "org.blockwatch.incident.opened";
  if (milestone == kClosedMilestone) return "org.blockwatch.incident.closed";
  return "org.blockwatch.incident.growth";
}

// What happened, with {0} the agency, {1} the jurisdiction, {2} the policy.
std::string_view sentence_of(std::string_view kind) {
  if (kind == "block_leak") return "{0} got data of {1} although policy {2} blocks it";
  if (kind == "blocked_query")
    return "{0} queried {1} although policy {2} blocks it; the block is not shown to hold";
  if (kind == "blocked_attempt") return "{0} tried to query {1}; the block of policy {2} held";
  if (kind == "enforcement_gap")
    return "{0} queried {1} after policy {2} was ordered and before it is enforced";
  if (kind == "exception_exceeded") return "exception {2} was used more often than it allows";
  if (kind == "broadcast_by_blocked")
    return "{0} reached {1} by a region or broadcast although policy {2} blocks it";
  if (kind == "side_channel")
    return "{0} sent free text or a directory query to {1} although policy {2} blocks it";
  if (kind == "unknown_ori") return "an ORI that no catalog row, pattern or line code explains asked";
  if (kind == "inactive_ori") return "an inactive, expired or not yet valid ORI of {0} asked";
  if (kind == "lookalike_ori") return "an ORI that resembles one of {0}, which a policy blocks, asked";
  if (kind == "data_gap")
    return "records of {2} are missing, or its log is not the one that was counted; blockwatch gaps list";
  if (kind == "feed_gap")
    return "nothing comes from {2}, or far less than usual, or less than its log grows; blockwatch status";
  return "{0} queried {1}, which policy {2} watches";
}

}  // namespace

std::string incident_sentence(const IncidentKey& key, std::uint64_t count, std::string_view milestone) {
  std::string text =
      fmt::format(fmt::runtime(sentence_of(key.kind)), key.agency, key.jurisdiction, key.policy);
  text += fmt::format(" ({} on {}", count == 1 ? "once" : fmt::format("{} times", count), key.day);
  return text + (milestone == kClosedMilestone ? "; the day is closed)" : ")");
}

std::string cloud_event(const CloudEventFacts& facts) {
  const IncidentKey& key = *facts.key;
  const IncidentCounters& counters = *facts.counters;
  Json data{{"incident", facts.incident},
            {"kind", key.kind},
            {"severity", severity_of(key.kind)},
            {"policy", key.policy},
            {"authority", facts.authority},
            {"jurisdiction", key.jurisdiction},
            {"agency", key.agency},
            {"day", key.day},
            {"count", facts.count},
            {"by_outcome", counts_json<Outcome>(counters.by_outcome)},
            {"by_class", counts_json<Class>(counters.by_class)}};
  if (counters.first) data["first"] = sighting_json(*counters.first);
  if (counters.last) data["last"] = sighting_json(*counters.last);
  data["milestone"] = facts.milestone;
  data["summary"] = incident_sentence(key, facts.count, facts.milestone);
  const Json event{
      {"specversion", "1.0"},
      {"id", facts.notification},
      {"source", "blockwatch/" + std::string(facts.instance)},
      {"type", event_type(facts.milestone)},
      {"subject", fmt::format("{}/{}/{}/{}", key.kind, key.policy, key.jurisdiction, key.agency)},
      {"time", format_time(facts.made_at)},
      {"datacontenttype", "application/json"},
      {"data", std::move(data)}};
  return event.dump();
}

}  // namespace blockwatch
