// The words of a report, checked: dimensions, unit, filters. What the words alone can get wrong is refused
// here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/domain.h"
#include "query/report.h"
#include "query/span.h"

namespace blockwatch {

struct ReportWords {
  Unit unit = Unit::observations;
  std::vector<Dimension> by;
  std::vector<std::string> by_names;
  std::optional<Jurisdiction> jurisdiction;
  bool asks(Dimension dimension) const;
  Cube cube() const;
  Granularity finest() const;  // that the cube keeps
  LocalCuts cuts() const;
  /// Months tell what is asked.
  bool months_suffice() const;
};

/// Error 64: an unknown or repeated dimension, one that the unit does not have, an unknown unit or
/// jurisdiction.
Expected<ReportWords> read_words(const ReportRequest& request);

}  // namespace blockwatch
