// What an incident is: its kinds, its id, when it notifies. Pure (contract §6).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "state/records.h"

namespace blockwatch {

enum class IncidentKind : std::uint8_t {
  block_leak,
  blocked_query,
  blocked_attempt,
  enforcement_gap,
  exception_exceeded,
  broadcast_by_blocked,
  side_channel,
  unknown_ori,
  inactive_ori,
  lookalike_ori,
  watch,
  data_gap,
  feed_gap,
};
inline constexpr std::size_t kIncidentKindCount = 13;
std::string_view name_of(IncidentKind kind);
/// About a partition's log, not about an observation: of the wall clock, and without outcome, class and ORI.
constexpr bool is_of_log(IncidentKind kind) {
  return kind == IncidentKind::data_gap || kind == IncidentKind::feed_gap;
}

/// `critical`, `warning` or `info`; empty for a kind that this version does not know.
std::string_view severity_of(std::string_view kind);

/// 32 hex digits: the first half of SHA-256 over the five parts joined by 0x1F.
std::string incident_id(const IncidentKey& key);

/// 64 hex digits: SHA-256(incident id, 0x1F, milestone).
std::string notification_id(std::string_view incident, std::string_view milestone);

/// The milestones that a count reaches on its way from `before` to `after`: `opened`, `10`, `100`, …, in
/// order.
std::vector<std::string> milestones_reached(std::uint64_t before, std::uint64_t after);

/// The count at which a milestone stands: 1 for `opened`; 0 for `closed`.
std::uint64_t count_of_milestone(std::string_view milestone);

inline constexpr std::string_view kClosedMilestone = "closed";

}  // namespace blockwatch
