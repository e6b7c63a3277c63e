// What a generated year holds, added up by the generator while it writes, from what it meant each record to
// be: nothing here has read a record.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain.h"
#include "cli/generate/traffic.h"
#include "cli/generate/year_figures.h"
#include "config/catalog.h"

namespace blockwatch {

/// `catalog` outlives it. Thread: one.
class YearTally {
 public:
  explicit YearTally(const Catalog& catalog);

  void add(const Intent& intent);
  std::uint64_t counted() const { return counted_; }

  /// One line of JSON, the names as in reports: "from", "to", "seed", "scale", "records" by fate,
  /// "by_reason", "quality", "rollup", "by_agency", "by_class", "by_month". No zero but in "records" and
  /// "rollup".
  std::string to_json(std::uint64_t seed, std::string_view scale) const;

 private:
  static constexpr std::size_t kMonths = 12;

  std::uint64_t below(std::string_view agency) const;

  const Catalog& catalog_;
  std::array<std::uint8_t, kYearDays> month_of_day_{};
  std::array<std::string, kMonths> months_;
  std::uint64_t counted_ = 0;
  std::uint64_t duplicate_ = 0;
  std::uint64_t out_of_scope_ = 0;
  std::array<std::uint64_t, kRejectReasonCount> rejected_{};
  std::uint64_t late_ = 0;
  std::uint64_t partial_ = 0;
  std::uint64_t unknown_codes_ = 0;
  std::vector<std::uint64_t> by_agency_;
  std::array<std::uint64_t, kClassCount> by_class_{};
  std::array<std::uint64_t, kMonths> by_month_{};
};

}  // namespace blockwatch
