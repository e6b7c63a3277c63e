#include "cli/generate/year_askers.h"

#include <string>
#include <string_view>

#include "base/check.h"

namespace blockwatch {
namespace {

constexpr std::uint64_t kOddPerMillion = 4'000;

// Without a valid row of its own in the example catalog, or with an inactive one. The agency is worked out by
// hand from the catalog's patterns, lines and dates.
struct OddAsker {
  YearGroup group;
  std::string_view ori;
  std::string_view line;
  std::string_view agency;
};
constexpr YearGroup kIce = YearGroup::ice_excluding_hsi;
constexpr std::array<OddAsker, 22> kOddAskers{{
    {kIce, "CAICEOLD0", "AX", "ice"},  // its row is inactive
    {kIce, "VTINS07S0", "", "ice"},    // the row ended with INS in 2003; the pattern's second agency
    {kIce, "VTICE09O0", "", "ice"},    // looks like VTICE0900, and the pattern takes it for what it imitates
    {kIce, "ILICE0OO1", "", "ice"},
    {kIce, "NVICE0777", "", "ice"},  // no row, only the pattern
    {kIce, "DCDHS0042", "AX", "ice"},
    {YearGroup::hsi, "TXHSIOLD0", "", "hsi"},  // the row ended in July 2024
    {YearGroup::hsi, "VAHSI000I", "", "hsi"},
    {YearGroup::hsi, "OKHSI0001", "", "hsi"},
    {YearGroup::other, "VT1CE0900", "", "unknown"},  // looks like ICE, but no pattern takes it
    {YearGroup::other, "NYHS10002", "", "unknown"},
    {YearGroup::other, "AZUBPNEW0", "", "unknown"},  // the row starts in 2030
    {YearGroup::other, "ONOPP0001", "CN", "canada"},
    {YearGroup::other, "QCSQ00001", "CN", "canada"},
    {YearGroup::other, "BCRCMP001", "CN", "canada"},
    {YearGroup::other, "ILNICB001", "NA", "nicb"},
    {YearGroup::other, "DCINTPOL1", "IP", "interpol_washington"},
    {YearGroup::other, "DCDOJ0007", "FB", "fbi"},
    {YearGroup::other, "WYFBI9999", "", "fbi"},
    {YearGroup::other, "NDUSBP001", "", "usbp"},
    {YearGroup::other, "HIUSCG001", "", "uscg"},
    {YearGroup::other, "GUCBP0001", "", "cbp"},
}};
constexpr std::uint64_t kOddWeight = 10, kUnknownWeight = 1;
constexpr std::size_t kUnknownPerState = 4;

AskerProfile profile_of(std::string_view ori, std::string_view line, NodeIndex agency) {
  const auto checked = Ori::from(ori);
  BW_CHECK(checked.has_value());
  return {.ori = *checked, .line = std::string(line), .agency = agency, .always_line = true};
}

std::vector<bool> marked(const Catalog& catalog, std::string_view id) {
  const auto node = catalog.node(id);
  BW_CHECK(node.has_value());
  return catalog.subtree(*node);
}

// Those that are neither ICE nor HSI, of a million. Federal queries are several times those of ICE and HSI;
// by far the most are local.
enum class OtherKind : std::uint8_t { dhs, federal, odd, inactive, local };
const Weighted<OtherKind>& other_kinds() {
  static const Weighted<OtherKind> kTable{{OtherKind::dhs, 9'000},
                                          {OtherKind::federal, 25'000},
                                          {OtherKind::odd, kOddPerMillion},
                                          {OtherKind::inactive, 2'000},
                                          {OtherKind::local, 960'000}};
  return kTable;
}

}  // namespace

YearAskers::YearAskers(const Catalog& catalog, const Population& population, const YearFigures& figures)
    : population_(population), quota_(figures) {
  add_odd(catalog);
  add_unknown();
  add_inactive(catalog);
}

void YearAskers::add_odd(const Catalog& catalog) {
  for (const OddAsker& odd : kOddAskers) {
    const auto agency = catalog.node(odd.agency);
    BW_CHECK(agency.has_value());
    AskerProfile profile = profile_of(odd.ori, odd.line, *agency);
    profile.ice = odd.group != YearGroup::other;
    odd_[static_cast<std::size_t>(odd.group)].add(std::move(profile), kOddWeight);
  }
}

void YearAskers::add_unknown() {
  constexpr auto kUnknown = static_cast<NodeIndex>(ReservedAgency::unknown);
  for (std::size_t state = 0; state < kJurisdictionCount; ++state) {
    for (std::size_t n = 1; n <= kUnknownPerState; ++n) {
      std::string ori(jurisdiction_code(static_cast<Jurisdiction>(state)));
      ori += "XX0000" + std::to_string(n);
      odd_[static_cast<std::size_t>(YearGroup::other)].add(profile_of(ori, "", kUnknown), kUnknownWeight);
    }
  }
}

void YearAskers::add_inactive(const Catalog& catalog) {
  const std::vector<bool> local = marked(catalog, "local");
  for (const OriRow& row : catalog.oris) {
    if (row.inactive && row.agency != kNoNode && local[row.agency])
      inactive_.add(profile_of(row.ori.view(), row.line, row.agency), 1);
  }
}

const AskerProfile& YearAskers::draw(Random& random) {
  drawn_ = quota_.draw(random);
  if (drawn_ == YearGroup::other) return other(random);
  if (random.chance(kOddPerMillion)) return odd_[static_cast<std::size_t>(drawn_)].pick(random);
  return population_.asker_of(drawn_ == YearGroup::hsi ? AskerGroup::hsi : AskerGroup::ice, random);
}

const AskerProfile& YearAskers::other(Random& random) const {
  switch (other_kinds().pick(random)) {
    case OtherKind::dhs:
      return population_.asker_of(AskerGroup::other_dhs, random);
    case OtherKind::federal:
      return population_.asker_of(AskerGroup::other_federal, random);
    case OtherKind::odd:
      return odd_[static_cast<std::size_t>(YearGroup::other)].pick(random);
    case OtherKind::inactive:
      return inactive_.pick(random);
    case OtherKind::local:
      break;
  }
  return population_.asker_of(AskerGroup::local, random);
}

}  // namespace blockwatch
