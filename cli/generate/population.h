// Who asks and whom they ask, taken from a catalog and weighted so that a few ask often and most ask rarely.
#pragma once

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
  std::string line;  // of the catalog row; may be empty
  bool ice = false;  // below the node `ice`: asks the states of the letter more, and is refused there more
};

/// How many of a million messages come from whom; the rest is local agencies.
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
  using Group = Weighted<std::uint32_t>;  // index into profiles_

  std::vector<AskerProfile> profiles_;

  std::vector<Group> dhs_nodes_;
  Group other_federal_;
  std::vector<Group> local_;  // by jurisdiction
  Group all_;
  Weighted<std::size_t> dhs_;            // index into dhs_nodes_
  Weighted<Jurisdiction> local_states_;  // those with a local agency
  Weighted<Jurisdiction> states_;
  std::vector<std::uint32_t> doubtful_;
  std::vector<std::string> regions_;
  AskerShares shares_;
};

}  // namespace blockwatch
