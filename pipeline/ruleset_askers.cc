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

AskerIndex::AskerIndex(const Catalog& catalog) : catalog_(catalog) {
  index_rows();
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
    Range& range = rows_of_[source.ori];
    if (range.count == 0) range.first = static_cast<std::uint32_t>(rows_.size() - 1);
    ++range.count;
  }
}

void AskerIndex::index_look_alikes() {
  std::vector<std::pair<Ori, Ori>> folds;
  folds.reserve(rows_of_.size());
  for (const auto& [ori, range] : rows_of_) folds.emplace_back(fold(ori), ori);
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

std::span<const CompiledRow> AskerIndex::rows_of(const Ori& ori) const {
  const auto at = rows_of_.find(ori);
  if (at == rows_of_.end()) return {};
  return std::span(rows_).subspan(at->second.first, at->second.count);
}

const CompiledRow* AskerIndex::row(const Ori& ori, TimeNs time) const {
  for (const CompiledRow& row : rows_of(ori)) {
    if (row.validity.contains(time)) return &row;
  }
  return nullptr;
}

Asker AskerIndex::resolve(const Ori& ori, std::string_view line, TimeNs time) const {
  const std::span<const CompiledRow> rows = rows_of(ori);
  const auto valid = std::find_if(rows.begin(), rows.end(),
                                  [&](const CompiledRow& row) { return row.validity.contains(time); });
  const CompiledRow* const row = valid != rows.end() ? &*valid : nullptr;

  Asker asker;
  asker.has_row = !rows.empty();
  const auto is = [&](NodeIndex node, How how) {
    asker.node = node;
    asker.how = how;
    asker.inactive =
        asker.has_row && (row == nullptr || row->inactive || node == reserved(ReservedAgency::unknown));
    return asker;
  };
  if (row != nullptr && row->shared) return is(reserved(ReservedAgency::ambiguous), How::exact);
  if (row != nullptr && row->agency != kNoNode && holds(row->agency, time))
    return is(row->agency, How::exact);
  if (const auto node = by_pattern(ori, time)) return is(*node, How::pattern);
  if (line.empty() && row != nullptr) line = row->source->line;
  if (const auto node = by_line(line, time)) return is(*node, How::line);
  if (row != nullptr && row->federal) return is(reserved(ReservedAgency::federal_unclassified), How::type);
  if (row != nullptr && row->agency == kNoNode) return is(reserved(ReservedAgency::unclassified), How::exact);
  return is(reserved(ReservedAgency::unknown), How::unknown);
}

std::span<const Ori> AskerIndex::look_alikes(const Ori& ori) const {
  const auto at = look_alikes_of_.find(fold(ori));
  if (at == look_alikes_of_.end()) return {};
  return std::span(look_alikes_).subspan(at->second.first, at->second.count);
}

std::optional<NodeIndex> AskerIndex::by_pattern(const Ori& ori, TimeNs time) const {
  for (const std::uint32_t i : patterns_[static_cast<unsigned char>(ori.view().front())]) {
    const OriPattern& pattern = catalog_.patterns[i];
    if (matches(pattern.pattern, ori.view()) && holds(pattern.agency, time)) return pattern.agency;
  }
  return std::nullopt;
}

std::optional<NodeIndex> AskerIndex::by_line(std::string_view line, TimeNs time) const {
  if (line.empty()) return std::nullopt;
  const auto at = catalog_.lines.find(line);
  if (at == catalog_.lines.end() || !holds(at->second, time)) return std::nullopt;
  return at->second;
}

}  // namespace blockwatch
