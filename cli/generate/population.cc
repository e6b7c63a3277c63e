#include "cli/generate/population.h"

#include <algorithm>
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

// In the order of its ORIs, a group's first asks most.
template <class G>
void add_ranked(G& group, std::uint32_t profile, std::size_t& rank) {
  group.add(profile, zipf_weight(rank++));
}

std::vector<bool> subtree_of(const Catalog& catalog, std::string_view id) {
  const auto top = catalog.node(id);
  return top ? catalog.subtree(*top) : std::vector<bool>(catalog.nodes.size(), false);
}

bool is_federal(const OriRow& row) {
  return row.type == "FE" || row.type == "JF";
}

std::string made_up_agency(std::string_view prefix, Random& random) {
  std::string ori(prefix);
  ori += "PD";
  for (int i = 0; i < 5; ++i) ori += static_cast<char>('0' + random.below(10));
  return ori;
}

}  // namespace

Population::Population(const Catalog& catalog, TimeNs at, AskerShares shares) : shares_(shares) {
  const std::vector<bool> in_dhs = subtree_of(catalog, "dhs");
  const std::vector<bool> in_ice = subtree_of(catalog, "ice");
  std::vector<Group> by_node(catalog.nodes.size());
  std::vector<std::size_t> node_ranks(catalog.nodes.size());
  std::array<std::size_t, kJurisdictionCount> local_ranks{};
  std::size_t other_rank = 0;
  std::size_t all_rank = 0;
  local_.resize(kJurisdictionCount);

  for (const OriRow& row : catalog.oris) {
    const auto index = static_cast<std::uint32_t>(profiles_.size());
    const bool has_node = row.agency != kNoNode;
    profiles_.push_back({row.ori, row.line, has_node && in_ice[row.agency]});
    if (row.inactive || !row.validity.contains(at)) {
      doubtful_.push_back(index);
      continue;
    }
    add_ranked(all_, index, all_rank);
    if (has_node && in_dhs[row.agency]) {
      add_ranked(by_node[row.agency], index, node_ranks[row.agency]);
    } else if (is_federal(row)) {
      add_ranked(other_federal_, index, other_rank);
    } else if (const auto state = jurisdiction_from(row.state)) {
      add_ranked(local_[*state], index, local_ranks[*state]);
    }
  }

  for (std::size_t node = 0; node < by_node.size(); ++node) {
    if (by_node[node].empty()) continue;
    dhs_.add(dhs_nodes_.size(), in_ice[node] ? 4 : 1);
    dhs_nodes_.push_back(std::move(by_node[node]));
  }
  for (const auto& [code, inhabitants] : kInhabitants) {
    const Jurisdiction state = jurisdiction_from(code).value();
    states_.add(state, inhabitants);
    if (!local_[state].empty()) local_states_.add(state, inhabitants);
  }
  for (const auto& [code, members] : catalog.regions) {
    if (code != "NL") regions_.push_back(code);
  }
  BW_CHECK(!all_.empty());
  if (regions_.empty()) regions_.emplace_back("NL");
}

const AskerProfile& Population::asker(Random& random) const {
  const std::uint64_t roll = random.below(1'000'000);
  if (roll < shares_.dhs && !dhs_.empty()) return profiles_[dhs_nodes_[dhs_.pick(random)].pick(random)];
  if (roll < shares_.dhs + shares_.other_federal && !other_federal_.empty()) {
    return profiles_[other_federal_.pick(random)];
  }
  if (local_states_.empty()) return profiles_[all_.pick(random)];
  return profiles_[local_[local_states_.pick(random)].pick(random)];
}

const AskerProfile& Population::doubtful_asker(Random& random) const {
  return doubtful_.empty() ? asker(random)
                           : profiles_[random.pick(std::span<const std::uint32_t>(doubtful_))];
}

std::string Population::lookalike(Random& random) const {
  std::string ori =
      (dhs_.empty() ? asker(random) : profiles_[dhs_nodes_[dhs_.pick(random)].pick(random)]).ori.str();
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
  if (other_federal_.empty()) return asker(random).ori.str();
  return profiles_[other_federal_.pick(random)].ori.str();
}

const std::string& Population::region(Random& random) const {
  return random.pick(std::span<const std::string>(regions_));
}

}  // namespace blockwatch
