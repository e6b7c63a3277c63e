#include "pipeline/expand.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "pipeline/parse_text.h"

namespace blockwatch {
namespace {

/// What the results say: of each jurisdiction the most direct entry, then the strongest outcome.
class Results {
 public:
  /// Returns how many jurisdictions they name that were not reached.
  std::uint32_t read(const QueryEvent& event, const Ruleset& ruleset, JurisdictionSet reached) {
    JurisdictionSet stray;
    for (const ResultEntry& result : event.results) {
      const Target target = ruleset.target(result.destination.view(), event.time);
      stray = stray | (target.jurisdictions - reached);
      (target.jurisdictions & reached).for_each([&](Jurisdiction j) {
        Said& before = said_[j];
        const auto beats_it = [&] {
          return std::tie(target.via, result.outcome) < std::tie(before.via, before.outcome);
        };
        if (!told_.contains(j) || beats_it()) before = {target.via, result.outcome};
        told_.insert(j);
      });
    }
    std::uint32_t count = 0;
    stray.for_each([&](Jurisdiction) { ++count; });
    return count;
  }

  Outcome outcome_of(Jurisdiction jurisdiction, Outcome otherwise) const {
    return told_.contains(jurisdiction) ? said_[jurisdiction].outcome : otherwise;
  }

 private:
  struct Said {
    Via via;
    Outcome outcome;
  };
  JurisdictionSet told_;
  std::array<Said, kJurisdictionCount> said_;  // of those told only: most messages have no results
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

  Results results;
  expansion.stray_results = results.read(event, ruleset, reached);

  reached.for_each([&](Jurisdiction j) {
    const auto most_direct =
        std::find_if(via.begin(), via.end(), [&](JurisdictionSet set) { return set.contains(j); }) -
        via.begin();
    expansion.reach.push_back({j, static_cast<Via>(most_direct), results.outcome_of(j, event.outcome)});
  });
  expansion.key = message_key(event.key.view());
  if (!reached.empty()) expansion.cls = expansion.key.cls;
  expansion.photo = event.photo_requested && expansion.cls != Class::other;
  return std::nullopt;
}

bool is_surely_usable(const QueryEvent& event) {
  return std::any_of(event.destinations.begin(), event.destinations.end(), [](const DestinationText& text) {
    const std::string_view code = text.view();
    return Ori::is_one(code) ||
           (code.size() == 2 && text::is_code_character(code[0]) && text::is_code_character(code[1]));
  });
}

}  // namespace blockwatch
