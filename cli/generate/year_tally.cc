#include "cli/generate/year_tally.h"

#include <map>
#include <numeric>
#include <string>

#include <nlohmann/json.hpp>

#include "base/time.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

Json without_zeros(const std::map<std::string, std::uint64_t, std::less<>>& figures) {
  Json json = Json::object();
  for (const auto& [name, figure] : figures) {
    if (figure != 0) json[name] = figure;
  }
  return json;
}

}  // namespace

YearTally::YearTally(const Catalog& catalog) : catalog_(catalog), by_agency_(catalog.nodes.size()) {
  std::size_t month = 0;
  for (std::size_t day = 0; day < kYearDays; ++day) {
    const std::string name = format_utc_day(kYearFrom + static_cast<TimeNs>(day) * kDay).substr(0, 7);
    if (day > 0 && name != months_[month]) ++month;
    months_[month] = name;
    month_of_day_[day] = static_cast<std::uint8_t>(month);
  }
}

void YearTally::add(const Intent& intent) {
  switch (intent.fate) {
    case Fate::duplicate:
      ++duplicate_;
      return;
    case Fate::out_of_scope:
      ++out_of_scope_;
      return;
    case Fate::rejected:
      ++rejected_[static_cast<std::size_t>(intent.reason)];
      return;
    case Fate::counted:
      break;
  }
  ++counted_;
  ++by_agency_[intent.agency];
  ++by_class_[static_cast<std::size_t>(intent.cls)];
  ++by_month_[month_of_day_[static_cast<std::size_t>((intent.time - kYearFrom) / kDay)]];
  if (intent.late) ++late_;
  if (intent.partial) ++partial_;
  if (intent.unknown_code) ++unknown_codes_;
}

std::uint64_t YearTally::below(std::string_view agency) const {
  const auto top = catalog_.node(agency);
  if (!top) return 0;
  const std::vector<bool> inside = catalog_.subtree(*top);
  std::uint64_t sum = 0;
  for (std::size_t node = 0; node < inside.size(); ++node) {
    if (inside[node]) sum += by_agency_[node];
  }
  return sum;
}

std::string YearTally::to_json(std::uint64_t seed, std::string_view scale) const {
  std::map<std::string, std::uint64_t, std::less<>> agencies;
  std::map<std::string, std::uint64_t, std::less<>> classes;
  std::map<std::string, std::uint64_t, std::less<>> months;
  std::map<std::string, std::uint64_t, std::less<>> reasons;
  for (std::size_t node = 0; node < by_agency_.size(); ++node)
    agencies[catalog_.nodes[node].id] = by_agency_[node];
  for (std::size_t i = 0; i < kClassCount; ++i)
    classes[std::string(name_of(static_cast<Class>(i)))] = by_class_[i];
  for (std::size_t i = 0; i < kMonths; ++i) months[months_[i]] = by_month_[i];
  for (std::size_t i = 0; i < kRejectReasonCount; ++i)
    reasons[std::string(name_of(static_cast<RejectReason>(i)))] = rejected_[i];

  const auto rejected = std::accumulate(rejected_.begin(), rejected_.end(), std::uint64_t{0});
  const std::uint64_t ice = below("ice");
  const std::uint64_t hsi = below("hsi");
  const Json json{
      {"from", format_time(kYearFrom)},
      {"to", format_time(kYearTo)},
      {"seed", seed},
      {"scale", scale},
      {"records",
       {{"consumed", counted_ + duplicate_ + rejected + out_of_scope_},
        {"counted", counted_},
        {"duplicate", duplicate_},
        {"rejected", rejected},
        {"out_of_scope", out_of_scope_}}},
      {"by_reason", without_zeros(reasons)},
      {"quality",
       without_zeros(
           {{"late", late_}, {"bad_destination_partial", partial_}, {"unknown_codes", unknown_codes_}})},
      {"rollup", {{"HSI", hsi}, {"ICE excluding HSI", ice - hsi}, {"ICE total", ice}}},
      {"by_agency", without_zeros(agencies)},
      {"by_class", without_zeros(classes)},
      {"by_month", without_zeros(months)},
  };
  return json.dump() + '\n';
}

}  // namespace blockwatch
