#include "cli/generate/population.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace blockwatch {
namespace {

// Inhabitants in 100,000 (2020 census, rounded): what makes California ask and be asked more often than
// Wyoming.
constexpr std::array<std::pair<std::string_view, std::uint64_t>, kJurisdictionCount> kInhabitants{{
    {"AK", 7},   {"AL", 50},  {"AR", 30},  {"AS", 1},   {"AZ", 72}, {"CA", 395}, {"CO", 58},  {"CT", 36},
    {"DC", 7},   {"DE", 10},  {"FL", 215}, {"GA", 107}, {"GU", 2},  {"HI", 15},  {"IA", 32},  {"ID", 18},
    {"IL", 128}, {"IN", 68},  {"KS", 29},  {"KY", 45},  {"LA", 47}, {"MA", 70},  {"MD", 62},  {"ME", 14},
    {"MI", 101}, {"MN", 57},  {"MO", 62},  {"MP", 1},   {"MS", 30}, {"MT", 11},  {"NC", 104}, {"ND", 8},
    {"NE", 20},  {"NH", 14},  {"NJ", 93},  {"NM", 21},  {"NV", 31}, {"NY", 202}, {"OH", 118}, {"OK", 40},
    {"OR", 42},  {"PA", 130}, {"PR", 33},  {"RI", 11},  {"SC", 51}, {"SD", 9},   {"TN", 69},  {"TX", 291},
    {"UT", 33},  {"VA", 86},  {"VI", 1},   {"VT", 6},   {"WA", 77}, {"WI", 59},  {"WV", 18},  {"WY", 6},
}};

constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::array<std::pair<AskerGroup, std::uint64_t>, 3> kDhsPercent{
    {{AskerGroup::ice, 36}, {AskerGroup::hsi, 18}, {AskerGroup::other_dhs, 46}}};

std::vector<bool> subtree_of(const Catalog& catalog, std::string_view id) {
  const auto top = catalog.node(id);
  return top ? catalog.subtree(*top) : std::vector<bool>(catalog.nodes.size(), false);
}

bool is_federal(const OriRow& row) {
  return row.type == "FE" || row.type == "JF";
}

NodeIndex agency_of_row(const OriRow& row) {
  if (row.shared) return static_cast<NodeIndex>(ReservedAgency::ambiguous);
  if (row.agency != kNoNode) return row.agency;
  return static_cast<NodeIndex>(is_federal(row) ? ReservedAgency::federal_unclassified
                                                : ReservedAgency::unclassified);
}

std::string made_up_agency(std::string_view prefix, Random& random) {
  std::string ori(prefix);
  ori += "PD";
  for (int i = 0; i < 5; ++i) ori += static_cast<char>('0' + random.below(10));
  return ori;
}

}  // namespace

Population::Population(const Catalog& catalog, TimeNs at, AskerShares shares) {
  const std::vector<bool> in_dhs = subtree_of(catalog, "dhs");
  const std::vector<bool> in_ice = subtree_of(catalog, "ice");
  const std::vector<bool> in_hsi = subtree_of(catalog, "hsi");
  std::vector<std::array<Offices, kFederalGroups>> by_node(catalog.nodes.size());
  local_.resize(kJurisdictionCount);
  // In the order of its ORIs, an agency's first office asks most.
  const auto add = [](Offices& to, std::uint32_t profile) { to.add(profile, zipf_weight(to.size())); };
  const auto group_of = [&](NodeIndex node, const OriRow& row) {
    if (in_hsi[node]) return AskerGroup::hsi;
    if (in_ice[node]) return AskerGroup::ice;
    if (in_dhs[node]) return AskerGroup::other_dhs;
    return is_federal(row) ? AskerGroup::other_federal : AskerGroup::local;
  };

  for (const OriRow& row : catalog.oris) {
    const auto index = static_cast<std::uint32_t>(profiles_.size());
    const NodeIndex node = agency_of_row(row);
    profiles_.push_back({.ori = row.ori, .line = row.line, .ice = in_ice[node], .agency = node});
    if (row.inactive || !row.validity.contains(at)) {
      doubtful_.push_back(index);
      continue;
    }
    add(all_, index);
    const AskerGroup group = group_of(node, row);
    if (group != AskerGroup::local) {
      add(by_node[node][static_cast<std::size_t>(group)], index);
    } else if (const auto state = jurisdiction_from(row.state)) {
      add(local_[*state], index);
    }
  }
  BW_CHECK(!all_.empty());
  weigh(std::move(by_node));

  const auto add_group = [this](Weighted<AskerGroup>& to, AskerGroup group, std::uint64_t weight) {
    if (has(group)) to.add(group, weight);
  };
  for (const auto& [group, percent] : kDhsPercent) {
    add_group(dhs_groups_, group, percent);
    add_group(groups_, group, shares.dhs * percent / 100);
  }
  add_group(groups_, AskerGroup::other_federal, shares.other_federal);
  add_group(groups_, AskerGroup::local, kMillion - shares.dhs - shares.other_federal);
  for (const auto& [code, members] : catalog.regions) {
    if (code != "NL") regions_.push_back(code);
  }
  if (regions_.empty()) regions_.emplace_back("NL");
}

void Population::weigh(std::vector<std::array<Offices, kFederalGroups>>&& by_node) {
  for (auto& groups : by_node) {
    for (std::size_t group = 0; group < kFederalGroups; ++group) {
      Agencies& to = federal_[group];
      if (groups[group].empty()) continue;
      to.by_offices.add(to.offices.size(), groups[group].size());
      to.offices.push_back(std::move(groups[group]));
    }
  }
  for (const auto& [code, inhabitants] : kInhabitants) {
    const Jurisdiction state = jurisdiction_from(code).value();
    states_.add(state, inhabitants);
    if (!local_[state].empty()) local_states_.add(state, inhabitants);
  }
}

bool Population::has(AskerGroup group) const {
  return group == AskerGroup::local ? !local_states_.empty() : !agencies(group).offices.empty();
}

const AskerProfile& Population::asker_of(AskerGroup group, Random& random) const {
  if (group == AskerGroup::local) return profiles_[local_[local_states_.pick(random)].pick(random)];
  const Agencies& from = agencies(group);
  return profiles_[from.offices[from.by_offices.pick(random)].pick(random)];
}

const AskerProfile& Population::asker(Random& random) const {
  if (groups_.empty()) return profiles_[all_.pick(random)];
  return asker_of(groups_.pick(random), random);
}

const AskerProfile& Population::doubtful_asker(Random& random) const {
  return doubtful_.empty() ? asker(random)
                           : profiles_[random.pick(std::span<const std::uint32_t>(doubtful_))];
}

std::string Population::lookalike(Random& random) const {
  std::string ori =
      (dhs_groups_.empty() ? asker(random) : asker_of(dhs_groups_.pick(random), random)).ori.str();
  constexpr std::string_view kFrom = "0O1I";
  constexpr std::string_view kTo = "O0I1";
  const std::size_t start = random.below(ori.size());
  for (std::size_t i = 0; i < ori.size(); ++i) {
    char& c = ori[(start + i) % ori.size()];
    const std::size_t at = kFrom.find(c);
    if (at == std::string_view::npos) continue;
    c = kTo[at];
    break;
  }
  return ori;
}

std::string Population::agency_of(Jurisdiction state, Random& random) const {
  if (!local_[state].empty()) return profiles_[local_[state].pick(random)].ori.str();
  return made_up_agency(jurisdiction_code(state), random);
}

std::string Population::federal_agency(Random& random) const {
  return (has(AskerGroup::other_federal) ? asker_of(AskerGroup::other_federal, random) : asker(random))
      .ori.str();
}

const std::string& Population::region(Random& random) const {
  return random.pick(std::span<const std::string>(regions_));
}

}  // namespace blockwatch
