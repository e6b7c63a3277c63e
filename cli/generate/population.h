// Who asks and whom they ask, taken from a catalog and weighted so that a few ask often and most ask rarely.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/domain.h"
#include "base/ori.h"
#include "base/time.h"
#include "cli/generate/random.h"
#include "cli/generate/weighted.h"
#include "config/catalog.h"

namespace blockwatch {

struct AskerProfile {
  Ori ori;
  std::string line;      // of the catalog row; may be empty
  bool ice = false;      // below the node `ice`: asks the states of the letter more, is refused there more
  NodeIndex agency = 0;  // whom an event names that is within the row's dates
  bool always_line = false;  // every message says the line, not every second
};

/// Below `ice` but not below `hsi`, below `hsi`, elsewhere below `dhs`, of the types FE and JF, the rest.
enum class AskerGroup : std::uint8_t { ice, hsi, other_dhs, other_federal, local };

/// How many of a million messages come from whom; the rest is local agencies. ICE's part of `dhs` is far
/// above the real one, so that a small run shows something.
struct AskerShares {
  std::uint64_t dhs = 40'000;
  std::uint64_t other_federal = 60'000;
};

/// Immutable once made. Copies what it needs of the catalog. Thread: any.
class Population {
 public:
  /// Works with any catalog that has a row; nodes `dhs` and `ice` get the role of their names if they exist.
  /// Whose row is inactive, or not valid at `at`, asks only where a doubtful asker is wanted.
  Population(const Catalog& catalog, TimeNs at, AskerShares shares = {});

  const AskerProfile& asker(Random& random) const;
  /// One of that group: an agency with many offices asks more, and of its offices a few ask most. The group
  /// must have somebody.
  const AskerProfile& asker_of(AskerGroup group, Random& random) const;
  bool has(AskerGroup group) const;
  /// One whose row is expired, not yet valid or inactive; any asker if there is none.
  const AskerProfile& doubtful_asker(Random& random) const;
  /// An ORI that looks like one of the node `dhs` but has O for 0 or I for 1, or the reverse.
  std::string lookalike(Random& random) const;

  /// By number of inhabitants.
  Jurisdiction destination(Random& random) const { return states_.pick(random); }
  /// An agency of that state; its name made up from the state's code if the catalog has none there.
  std::string agency_of(Jurisdiction state, Random& random) const;
  /// A federal agency, which as a destination reaches no jurisdiction.
  std::string federal_agency(Random& random) const;
  /// `NL` if the catalog has no region of its own.
  const std::string& region(Random& random) const;

 private:
  using Offices = Weighted<std::uint32_t>;  // index into profiles_
  struct Agencies {
    std::vector<Offices> offices;
    Weighted<std::size_t> by_offices;  // index into offices
  };
  static constexpr std::size_t kFederalGroups = 4;

  const Agencies& agencies(AskerGroup group) const { return federal_[static_cast<std::size_t>(group)]; }
  void weigh(std::vector<std::array<Offices, kFederalGroups>>&& by_node);

  std::vector<AskerProfile> profiles_;
  std::array<Agencies, kFederalGroups> federal_;
  std::vector<Offices> local_;  // by jurisdiction
  Offices all_;
  Weighted<AskerGroup> groups_;
  Weighted<AskerGroup> dhs_groups_;
  Weighted<Jurisdiction> local_states_;  // those with a local agency
  Weighted<Jurisdiction> states_;
  std::vector<std::uint32_t> doubtful_;
  std::vector<std::string> regions_;
};

}  // namespace blockwatch
