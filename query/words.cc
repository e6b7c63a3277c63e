#include "query/words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace blockwatch {
namespace {

// In the order of Dimension.
constexpr std::array<std::string_view, 9> kDimensions{
    "agency", "jurisdiction", "class", "channel", "outcome", "verdict", "ori", "day", "month"};
constexpr std::array<std::string_view, 4> kMessageDimensions{"agency", "class", "day", "month"};

template <class Names>
std::string joined(const Names& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ", ") + std::string(n);
  return out;
}

template <class Names>
bool holds(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

tl::unexpected<Error> refuse_dimension(const std::string& name, Unit unit) {
  return unit == Unit::messages ? fail(ExitCode::usage, "--unit messages has no dimension '" + name +
                                                            "' (it has " + joined(kMessageDimensions) + ")")
                                : fail(ExitCode::usage, "unknown dimension '" + name +
                                                            "' in --by (known: " + joined(kDimensions) + ")");
}

}  // namespace

bool ReportWords::asks(Dimension dimension) const {
  return std::find(by.begin(), by.end(), dimension) != by.end();
}

Cube ReportWords::cube() const {
  if (unit == Unit::messages) return Cube::messages;
  return asks(Dimension::ori) ? Cube::oris : Cube::disclosures;
}

Granularity ReportWords::finest() const {
  if (unit == Unit::messages) return Granularity::hour;
  return asks(Dimension::ori) ? Granularity::day : Granularity::minute;
}

LocalCuts ReportWords::cuts() const {
  if (asks(Dimension::day)) return LocalCuts::days;
  return asks(Dimension::month) ? LocalCuts::months : LocalCuts::none;
}

bool ReportWords::months_suffice() const {
  return unit == Unit::observations && !asks(Dimension::cls) && !asks(Dimension::channel) &&
         !asks(Dimension::ori) && !asks(Dimension::day);
}

Expected<ReportWords> read_words(const ReportRequest& request) {
  ReportWords words;
  if (request.unit != "observations" && request.unit != "messages") {
    return fail(ExitCode::usage, "unknown --unit '" + request.unit + "' (observations or messages)");
  }
  if (request.unit == "messages") words.unit = Unit::messages;
  words.by_names = request.by;
  if (words.by_names.empty()) {
    words.by_names = {"agency", words.unit == Unit::messages ? "class" : "jurisdiction"};
  }
  for (const auto& name : words.by_names) {
    const auto* at = std::find(kDimensions.begin(), kDimensions.end(), name);
    if (at == kDimensions.end() || (words.unit == Unit::messages && !holds(kMessageDimensions, name))) {
      return refuse_dimension(name, words.unit);
    }
    const auto dimension = static_cast<Dimension>(at - kDimensions.begin());
    if (words.asks(dimension)) return fail(ExitCode::usage, "dimension '" + name + "' stands twice in --by");
    words.by.push_back(dimension);
  }
  if (!request.jurisdiction.empty()) {
    if (words.unit == Unit::messages) {
      return fail(
          ExitCode::usage,
          "--unit messages counts before the fan-out and knows no jurisdiction (leave out --jurisdiction)");
    }
    words.jurisdiction = jurisdiction_from(request.jurisdiction);
    if (!words.jurisdiction) {
      return fail(ExitCode::usage, "unknown jurisdiction '" + request.jurisdiction +
                                       "' (two capital letters: a state, DC, AS, GU, MP, PR or VI)");
    }
  }
  return words;
}

}  // namespace blockwatch
