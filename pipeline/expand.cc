#include "pipeline/expand.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace blockwatch {
namespace {

/// What the results say of one jurisdiction: the most direct entry, then the strongest outcome.
struct Said {
  Via via = Via::nl;
  Outcome outcome = Outcome::unknown;
};

}  // namespace

std::optional<RejectReason> expand(const QueryEvent& event, const Ruleset& ruleset, Expansion& expansion) {
  expansion = Expansion{.reach = std::move(expansion.reach)};
  expansion.reach.clear();

  std::array<JurisdictionSet, 3> via{};  // by Via
  for (const DestinationText& destination : event.destinations) {
    const Target target = ruleset.target(destination.view(), event.time);
    expansion.bad_destinations += target.usable ? 0 : 1;
    expansion.unknown_codes += target.unknown_code ? 1 : 0;
    JurisdictionSet& reached = via[static_cast<std::size_t>(target.via)];
    reached = reached | target.jurisdictions;
  }
  if (expansion.bad_destinations == event.destinations.size()) return RejectReason::bad_destination;
  const JurisdictionSet reached = via[0] | via[1] | via[2];

  JurisdictionSet stray;
  JurisdictionSet told;
  std::array<Said, kJurisdictionCount> said;
  for (const ResultEntry& result : event.results) {
    const Target target = ruleset.target(result.destination.view(), event.time);
    stray = stray | (target.jurisdictions - reached);
    (target.jurisdictions & reached).for_each([&](Jurisdiction j) {
      const bool is_better =
          !told.contains(j) || std::tie(target.via, result.outcome) < std::tie(said[j].via, said[j].outcome);
      if (is_better) said[j] = {target.via, result.outcome};
      told.insert(j);
    });
  }
  stray.for_each([&](Jurisdiction) { ++expansion.stray_results; });

  reached.for_each([&](Jurisdiction j) {
    const auto most_direct =
        std::find_if(via.begin(), via.end(), [&](JurisdictionSet set) { return set.contains(j); }) -
        via.begin();
    expansion.reach.push_back(
        {j, static_cast<Via>(most_direct), told.contains(j) ? said[j].outcome : event.outcome});
  });
  if (!reached.empty()) expansion.cls = message_key(event.key.view()).cls;
  expansion.photo = event.photo_requested && expansion.cls != Class::other;
  return std::nullopt;
}

}  // namespace blockwatch
