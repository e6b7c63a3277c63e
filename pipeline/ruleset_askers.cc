#include <algorithm>
#include <utility>

#include "pipeline/ruleset_index.h"

namespace blockwatch {
namespace {

constexpr NodeIndex reserved(ReservedAgency agency) {
  return static_cast<NodeIndex>(agency);
}

/// O and 0, I and 1 look alike.
Ori fold(const Ori& ori) {
  std::array<char, Ori::kSize> folded{};
  std::transform(ori.view().begin(), ori.view().end(), folded.begin(), [](char c) {
    return c == 'O' ? '0' : c == 'I' ? '1' : c;
  });
  return *Ori::from({folded.data(), folded.size()});
}

/// `?` is one character, `*` any run; both of [A-Z0-9], as every character of an ORI is. Linear: on a
/// mismatch only the last `*` can take one more character.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

AskerIndex::AskerIndex(const Catalog& catalog)
    : catalog_(catalog), places_(catalog.oris.size()), rows_of_(places_.size()) {
  index_rows();
  mark_constant();
  index_look_alikes();
  index_patterns();
}

void AskerIndex::index_rows() {
  rows_.reserve(catalog_.oris.size());
  for (const OriRow& source : catalog_.oris) {
    CompiledRow& row = rows_.emplace_back();
    row.validity = source.validity;
    row.agency = source.agency;
    row.inactive = source.inactive;
    row.shared = source.shared;
    row.federal = source.type == "FE" || source.type == "JF";
    if (!row.federal) row.reached = jurisdiction_from(source.state);
    row.source = &source;
    const std::uint32_t place = places_.find(source.ori);
    places_.at(place).ori = source.ori;
    places_.at(place).taken = true;
    Range& range = rows_of_[place];
    if (range.count == 0) range.first = static_cast<std::uint32_t>(rows_.size() - 1);
    ++range.count;
  }
}

// Nearly all ORIs have one row, without dates, of an agency without dates: the first step of the resolution
// hits, whenever and with whatever line they ask.
void AskerIndex::mark_constant() {
  const auto is_always = [](const Validity& v) { return v.from == kNoTime && v.to == kNoTime; };
  for (std::uint32_t place = 0; place < places_.size(); ++place) {
    const std::span<const CompiledRow> rows = rows_at(place);
    if (rows.size() != 1 || !is_always(rows[0].validity) || rows[0].inactive || rows[0].shared) continue;
    const NodeIndex agency = rows[0].agency;
    if (agency == kNoNode || agency == reserved(ReservedAgency::unknown)) continue;
    if (!is_always(catalog_.nodes[agency].validity)) continue;
    OriTable::Place& at = places_.at(place);
    at.is_constant = true;
    at.value = agency;
    at.reached = rows[0].reached.value_or(OriTable::kNowhere);
  }
}

void AskerIndex::index_look_alikes() {
  std::vector<std::pair<Ori, Ori>> folds;
  for (std::uint32_t place = 0; place < places_.size(); ++place)
    if (const auto& at = places_.at(place); at.taken) folds.emplace_back(fold(at.ori), at.ori);
  std::sort(folds.begin(), folds.end());
  for (const auto& [folded, ori] : folds) {
    Range& range = look_alikes_of_[folded];
    if (range.count == 0) range.first = static_cast<std::uint32_t>(look_alikes_.size());
    ++range.count;
    look_alikes_.push_back(ori);
  }
}

void AskerIndex::index_patterns() {
  for (std::uint32_t i = 0; i < catalog_.patterns.size(); ++i) {
    const char first = catalog_.patterns[i].pattern.front();
    for (std::size_t c = 0; c < patterns_.size(); ++c) {
      if (first == '?' || first == '*' || static_cast<unsigned char>(first) == c) patterns_[c].push_back(i);
    }
  }
}

std::optional<Jurisdiction> AskerIndex::reached(const Ori& ori, TimeNs time) const {
  const std::uint32_t place = places_.find(ori);
  if (const OriTable::Place& at = places_.at(place); at.is_constant)
    return at.reached == OriTable::kNowhere ? std::nullopt : std::optional<Jurisdiction>(at.reached);
  const CompiledRow* const valid = row_at(place, time);
  return valid != nullptr ? valid->reached : jurisdiction_of_ori_prefix(ori.view().substr(0, 2));
}

const CompiledRow* AskerIndex::row_at(std::uint32_t place, TimeNs time) const {
  for (const CompiledRow& row : rows_at(place)) {
    if (row.validity.contains(time)) return &row;
  }
  return nullptr;
}

template <class Tell>
Asker AskerIndex::resolve_telling(const Ori& ori, std::string_view line, TimeNs time, Tell tell) const {
  using Result = AskerStep::Result;
  const std::uint32_t place = places_.find(ori);
  const std::span<const CompiledRow> rows = rows_at(place);
  const CompiledRow* row = nullptr;
  for (const CompiledRow& candidate : rows) {
    if (candidate.validity.contains(time)) {
      row = &candidate;
      break;
    }
    tell(AskerStep{.result = Result::row_not_valid, .row = candidate.source});
  }

  Asker asker;
  asker.has_row = !rows.empty();
  asker.place = place;
  const auto is = [&](NodeIndex node, How how) {
    asker.node = node;
    asker.how = how;
    asker.inactive =
        asker.has_row && (row == nullptr || row->inactive || node == reserved(ReservedAgency::unknown));
    return asker;
  };
  if (rows.empty()) tell(AskerStep{.result = Result::no_row});
  if (row != nullptr) {
    if (const auto node = by_row(*row, time, tell)) return is(*node, How::exact);
  }
  if (const auto node = by_pattern(ori, time, tell)) return is(*node, How::pattern);
  const bool line_of_row = line.empty();
  if (line_of_row && row != nullptr) line = row->source->line;
  if (const auto node = by_line(line, line_of_row, time, tell)) return is(*node, How::line);
  const OriRow* const source = row != nullptr ? row->source : nullptr;
  if (row != nullptr && row->federal) {
    const NodeIndex node = reserved(ReservedAgency::federal_unclassified);
    tell(AskerStep{.how = How::type, .node = node, .row = source});
    return is(node, How::type);
  }
  tell(AskerStep{.how = How::type, .result = Result::no_federal_row, .row = source});
  if (row != nullptr && row->agency == kNoNode) {
    const NodeIndex node = reserved(ReservedAgency::unclassified);
    tell(AskerStep{.node = node, .row = source});
    return is(node, How::exact);
  }
  return is(reserved(ReservedAgency::unknown), How::unknown);
}

template <class Tell>
std::optional<NodeIndex> AskerIndex::by_row(const CompiledRow& row, TimeNs time, Tell tell) const {
  AskerStep step{.node = row.agency, .row = row.source};
  if (row.shared) {
    step.node = reserved(ReservedAgency::ambiguous);
  } else if (row.agency == kNoNode) {
    step.result = AskerStep::Result::row_without_agency;
  } else if (!holds(row.agency, time)) {
    step.result = AskerStep::Result::node_not_valid;
  }
  tell(step);
  return step.result == AskerStep::Result::hit ? std::optional(step.node) : std::nullopt;
}

template <class Tell>
std::optional<NodeIndex> AskerIndex::by_pattern(const Ori& ori, TimeNs time, Tell tell) const {
  for (const std::uint32_t i : patterns_[static_cast<unsigned char>(ori.view().front())]) {
    const OriPattern& pattern = catalog_.patterns[i];
    if (!matches(pattern.pattern, ori.view())) continue;
    const bool is_hit = holds(pattern.agency, time);
    tell(AskerStep{.how = How::pattern,
                   .result = is_hit ? AskerStep::Result::hit : AskerStep::Result::node_not_valid,
                   .node = pattern.agency,
                   .pattern = &pattern});
    if (is_hit) return pattern.agency;
  }
  tell(AskerStep{.how = How::pattern, .result = AskerStep::Result::no_pattern});
  return std::nullopt;
}

template <class Tell>
std::optional<NodeIndex> AskerIndex::by_line(std::string_view line, bool of_row, TimeNs time,
                                             Tell tell) const {
  AskerStep step{.how = How::line, .line = line, .line_of_row = of_row};
  const auto at = line.empty() ? catalog_.lines.end() : catalog_.lines.find(line);
  if (line.empty()) {
    step.result = AskerStep::Result::no_line;
  } else if (at == catalog_.lines.end()) {
    step.result = AskerStep::Result::unknown_line;
  } else {
    step.node = at->second;
    if (!holds(step.node, time)) step.result = AskerStep::Result::node_not_valid;
  }
  tell(step);
  return step.result == AskerStep::Result::hit ? std::optional(step.node) : std::nullopt;
}

Asker AskerIndex::resolve(const Ori& ori, std::string_view line, TimeNs time) const {
  const std::uint32_t place = places_.find(ori);
  if (const OriTable::Place& at = places_.at(place); at.is_constant)
    return {.node = at.value, .how = How::exact, .has_row = true, .place = place};
  return resolve_telling(ori, line, time, [](const AskerStep&) {});
}

Asker AskerIndex::resolve(const Ori& ori, std::string_view line, TimeNs time,
                          std::vector<AskerStep>& steps) const {
  return resolve_telling(ori, line, time, [&](const AskerStep& step) { steps.push_back(step); });
}

std::span<const Ori> AskerIndex::look_alikes(const Ori& ori) const {
  const auto at = look_alikes_of_.find(fold(ori));
  if (at == look_alikes_of_.end()) return {};
  return std::span(look_alikes_).subspan(at->second.first, at->second.count);
}

}  // namespace blockwatch
