#include "cli/generate/year_traffic.h"

#include <algorithm>

namespace blockwatch {

YearTraffic::YearTraffic(const Catalog& catalog, const YearOptions& options)
    : total_(options.figures.total),
      population_(catalog, kYearFrom),
      askers_(catalog, population_, options.figures),
      traffic_(population_, {.seed = options.seed,
                             .partitions = options.partitions,
                             .oddities_per_million = options.oddities_per_million,
                             .year_askers = &askers_}),
      schedule_(kYearFrom, kYearDays, options.figures.total),
      times_(scatter(options.seed)),
      tally_(catalog) {}

const GeneratedRecord* YearTraffic::next() {
  if (tally_.counted() == total_) return nullptr;
  now_ = std::max(now_, schedule_.time_of(tally_.counted(), times_));
  const GeneratedRecord& record = traffic_.make(now_);
  if (record.intent.fate == Fate::counted) askers_.take();
  tally_.add(record.intent);
  return &record;
}

}  // namespace blockwatch
