#include "pipeline/alert/incident.h"

#include <array>
#include <charconv>
#include <limits>

#include "base/hash.h"

namespace blockwatch {
namespace {

struct KindFacts {
  std::string_view name, severity;
};

constexpr std::array<KindFacts, kIncidentKindCount> kKinds{{
    {"block_leak", "critical"},
    {"blocked_query", "warning"},
    {"blocked_attempt", "info"},
    {"enforcement_gap", "warning"},
    {"exception_exceeded", "critical"},
    {"broadcast_by_blocked", "warning"},
    {"side_channel", "warning"},
    {"unknown_ori", "warning"},
    {"inactive_ori", "warning"},
    {"lookalike_ori", "warning"},
    {"watch", "info"},
    {"data_gap", "critical"},
    {"feed_gap", "warning"},
}};

constexpr char kSeparator = '\x1f';

}  // namespace

std::string_view name_of(IncidentKind kind) {
  return kKinds.at(static_cast<std::size_t>(kind)).name;
}

std::string_view severity_of(std::string_view kind) {
  for (const KindFacts& facts : kKinds) {
    if (facts.name == kind) return facts.severity;
  }
  return {};
}

std::string incident_id(const IncidentKey& key) {
  std::string text = key.kind;
  for (const std::string* part : {&key.policy, &key.jurisdiction, &key.agency, &key.day}) {
    text += kSeparator;
    text += *part;
  }
  return to_hex(sha256(text)).substr(0, 32);
}

std::string notification_id(std::string_view incident, std::string_view milestone) {
  return to_hex(sha256(std::string(incident) + kSeparator + std::string(milestone)));
}

std::vector<std::string> milestones_reached(std::uint64_t before, std::uint64_t after) {
  std::vector<std::string> reached;
  if (before == 0 && after > 0) reached.emplace_back("opened");
  for (std::uint64_t m = 10; m <= after; m *= 10) {
    if (m > before) reached.push_back(std::to_string(m));
    if (m > std::numeric_limits<std::uint64_t>::max() / 10) break;
  }
  return reached;
}

std::uint64_t count_of_milestone(std::string_view milestone) {
  if (milestone == "opened") return 1;
  std::uint64_t count = 0;
  std::from_chars(milestone.data(), milestone.data() + milestone.size(), count);
  return count;
}

}  // namespace blockwatch
