#include "pipeline/alert/raised.h"

namespace blockwatch {
namespace {

IncidentKind kind_of_blocked(Outcome outcome) {
  if (outcome == Outcome::answered) return IncidentKind::block_leak;
  return outcome == Outcome::rejected ? IncidentKind::blocked_attempt : IncidentKind::blocked_query;
}

}  // namespace

std::optional<IncidentKind> raised_by_asker(const Asker& asker) {
  if (asker.imitated != kNoNode) return IncidentKind::lookalike_ori;
  if (asker.inactive) return IncidentKind::inactive_ori;
  if (!asker.has_row && asker.node == static_cast<NodeIndex>(ReservedAgency::unknown))
    return IncidentKind::unknown_ori;
  return std::nullopt;
}

RaisedKinds raised_by_policy(Verdict verdict, const Reach& reach) {
  RaisedKinds kinds;
  switch (verdict) {
    case Verdict::blocked:
      kinds.add(kind_of_blocked(reach.outcome));
      if (reach.via != Via::named) kinds.add(IncidentKind::broadcast_by_blocked);
      break;
    case Verdict::gap:
      kinds.add(IncidentKind::enforcement_gap);
      break;
    case Verdict::watched:
      kinds.add(IncidentKind::watch);
      break;
    case Verdict::excepted:
    case Verdict::shadow:
    case Verdict::none:
      break;
  }
  return kinds;
}

}  // namespace blockwatch
