#include "state/records.h"

#include "base/check.h"

namespace blockwatch {

std::string_view name_of(GapKind kind) {
  switch (kind) {
    case GapKind::retention_overrun:
      return "retention_overrun";
    case GapKind::truncated:
      return "truncated";
    case GapKind::anchor_differs:
      return "anchor_differs";
    case GapKind::anchor_absent:
      return "anchor_absent";
    case GapKind::wrong_cluster:
      return "wrong_cluster";
    case GapKind::offset_jump:
      return "offset_jump";
  }
  return "";
}

std::string_view name_of(GapState state) {
  switch (state) {
    case GapState::halted:
      return "halted";
    case GapState::continued:
      return "continued";
    case GapState::accepted:
      return "accepted";
    case GapState::cleared:
      return "cleared";
  }
  return "";
}

std::string_view name_of(Suppression reason) {
  switch (reason) {
    case Suppression::stale:
      return "stale";
  }
  BW_CHECK(false);
}

void IncidentCounters::add(const IncidentCounters& other) {
  count += other.count;
  photo += other.photo;
  for (std::size_t i = 0; i < by_outcome.size(); ++i) by_outcome[i] += other.by_outcome[i];
  for (std::size_t i = 0; i < by_class.size(); ++i) by_class[i] += other.by_class[i];
  if (other.first && (!first || *other.first < *first)) first = other.first;
  if (other.last && (!last || *other.last > *last)) last = other.last;
}

}  // namespace blockwatch
