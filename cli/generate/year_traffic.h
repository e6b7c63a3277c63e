// A year of the network as the letter puts it, as a stream: memory does not grow with the year.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "cli/generate/population.h"
#include "cli/generate/random.h"
#include "cli/generate/schedule.h"
#include "cli/generate/traffic.h"
#include "cli/generate/year_askers.h"
#include "cli/generate/year_figures.h"
#include "cli/generate/year_tally.h"
#include "config/catalog.h"

namespace blockwatch {

struct YearOptions {
  YearFigures figures;
  std::uint64_t seed = 1;
  std::uint32_t partitions = 1;
  std::uint64_t oddities_per_million = 20'000;
};

/// The figures count messages; duplicates, rejects and records out of scope come on top. The same options
/// give the same records in the same order; `partitions` only says where each goes. Thread: one.
class YearTraffic {
 public:
  /// `catalog` is the example one, and outlives this.
  YearTraffic(const Catalog& catalog, const YearOptions& options);
  YearTraffic(const YearTraffic&) = delete;
  YearTraffic& operator=(const YearTraffic&) = delete;
  ~YearTraffic() = default;

  /// Valid until the next call; null once the figures are met.
  const GeneratedRecord* next();
  /// Of the records so far.
  const YearTally& tally() const { return tally_; }

 private:
  std::uint64_t total_;
  Population population_;
  YearAskers askers_;
  Traffic traffic_;
  Schedule schedule_;
  Random times_;
  TimeNs now_ = kYearFrom;
  YearTally tally_;
};

}  // namespace blockwatch
