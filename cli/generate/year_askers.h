// Who asks in the letter's year: as many as the figures say, most of them by their rows in the example
// catalog, a few by everything else that can name an asker.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cli/generate/population.h"
#include "cli/generate/random.h"
#include "cli/generate/weighted.h"
#include "cli/generate/year_figures.h"
#include "config/catalog.h"

namespace blockwatch {

/// Every asker's agency is certain at any time of the year. `population` outlives it. Thread: one.
class YearAskers {
 public:
  /// `catalog` is the example one, `population` made of it.
  YearAskers(const Catalog& catalog, const Population& population, const YearFigures& figures);

  /// Who may send the next message. Not once every figure is met. Valid as long as this.
  const AskerProfile& draw(Random& random);
  /// The message of the last draw counts.
  void take() { quota_.take(drawn_); }

 private:
  static constexpr std::size_t kGroups = 3;

  void add_odd(const Catalog& catalog);
  void add_unknown();
  void add_inactive(const Catalog& catalog);
  const AskerProfile& other(Random& random) const;

  const Population& population_;
  YearQuota quota_;
  YearGroup drawn_ = YearGroup::other;
  std::array<Weighted<AskerProfile>, kGroups> odd_;  // by group
  Weighted<AskerProfile> inactive_;
};

}  // namespace blockwatch
