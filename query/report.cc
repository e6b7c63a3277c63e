#include "query/report.h"

#include <cstddef>
#include <map>
#include <utility>

#include "base/check.h"
#include "query/listings.h"
#include "query/report_rows.h"
#include "query/span.h"
#include "query/standing.h"
#include "query/summing.h"
#include "query/words.h"
#include "query/zone.h"

namespace blockwatch {
namespace {

// The agencies of the state's newest catalog, for subtrees; none: nothing was ever loaded.
Expected<std::optional<Catalog>> newest_agencies(const Snapshot& snapshot) {
  const auto versions = snapshot.versions(VersionKind::catalog);
  if (versions.empty()) return std::optional<Catalog>();
  const auto files = snapshot.version_files(VersionKind::catalog, versions.size() - 1);
  Diagnostics diagnostics;
  std::optional<Catalog> catalog;
  if (files.size() == 2) catalog = parse_agencies("agencies.toml", files[0], diagnostics);
  if (!catalog) {
    return fail(ExitCode::state_damaged,
                "the stored catalog " + versions.back().digest + " cannot be read" +
                    (diagnostics.empty() ? "" : ": " + to_text(diagnostics.all().front())));
  }
  return catalog;
}

std::vector<bool> members(const Catalog& catalog, NodeIndex top, const std::vector<std::string>& agencies) {
  const std::vector<bool> subtree = catalog.subtree(top);
  std::vector<bool> flags(agencies.size());
  for (std::size_t i = 0; i < agencies.size(); ++i) {
    const auto node = catalog.node(agencies[i]);
    // A dictionary holds ids; an alias of today that was an id once is not the node of that id.
    flags[i] = node && catalog.nodes[*node].id == agencies[i] && subtree[*node];
  }
  return flags;
}

Expected<std::vector<bool>> named_members(const std::optional<Catalog>& catalog, const std::string& name,
                                          const char* option, const std::vector<std::string>& agencies) {
  const auto node = catalog ? catalog->node(name) : std::nullopt;
  if (!node) {
    return fail(ExitCode::usage, std::string("unknown agency '") + name + "' in " + option +
                                     (catalog ? " (an id or alias of the newest catalog)"
                                              : " (this state has no catalog yet)"));
  }
  return members(*catalog, *node, agencies);
}

// Which agencies (by dictionary id) the report is about.
Expected<std::vector<bool>> kept_agencies(const ReportRequest& request, const std::optional<Catalog>& catalog,
                                          const std::vector<std::string>& agencies) {
  std::vector<bool> kept(agencies.size(), true);
  if (!request.agency.empty()) {
    auto inside = named_members(catalog, request.agency, "--agency", agencies);
    if (!inside) return inside;
    kept = std::move(*inside);
  }
  if (!request.exclude.empty()) {
    auto outside = named_members(catalog, request.exclude, "--exclude", agencies);
    if (!outside) return outside;
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = kept[i] && !(*outside)[i];
  }
  return kept;
}

// Each inner node's subtree, and the three figures of the letter, over the whole filtered report.
std::vector<RollupRow> roll_up(const Catalog& catalog, const std::vector<std::string>& agencies,
                               const std::vector<Figures>& per_agency) {
  std::map<std::string, std::vector<bool>> groups;
  for (const auto& node : catalog.nodes) {
    if (node.parent == kNoNode) continue;
    const std::string& label = catalog.nodes[node.parent].id;
    if (!groups.contains(label)) groups[label] = members(catalog, node.parent, agencies);
  }
  const auto ice = catalog.node("ice");
  const auto hsi = catalog.node("hsi");
  if (ice) groups["ICE total"] = members(catalog, *ice, agencies);
  if (hsi) groups["HSI"] = members(catalog, *hsi, agencies);
  if (ice && hsi) {
    std::vector<bool> rest = groups["ICE total"];
    for (std::size_t i = 0; i < rest.size(); ++i) rest[i] = rest[i] && !groups["HSI"][i];
    groups["ICE excluding HSI"] = std::move(rest);
  }
  std::vector<RollupRow> rows;
  for (const auto& [label, flags] : groups) {
    Figures sum{};
    for (std::size_t i = 0; i < flags.size(); ++i) {
      if (flags[i]) add(sum, per_agency[i]);
    }
    if (sum[kRequests] != 0) rows.push_back({label, sum});
  }
  return rows;
}

// Ids that fell out of the memory of duplicates early, by partition, in the hours that touch the span.
Expected<std::map<std::uint32_t, std::uint64_t>> evictions(const Snapshot& snapshot, const Span& span) {
  std::map<std::uint32_t, std::uint64_t> evicted;
  const Span hours{bucket_of(span.from, kHour) * kHour, (bucket_of(span.to - 1, kHour) + 1) * kHour};
  const auto ranges = tile(hours, {Granularity::hour, LocalCuts::none, kNoTime}, Zone::utc());
  if (!ranges) return tl::unexpected<Error>(ranges.error());
  for (const auto& range : *ranges) {
    snapshot.for_each_cell(Cube::quality, range.granularity, range.from, range.to,
                           [&](const BucketKey& bucket, const CellCount& cell) {
                             if (cell.cell.code == static_cast<std::uint64_t>(Quality::dedup_evicted)) {
                               evicted[bucket.partition] += cell.count;
                             }
                           });
  }
  return evicted;
}

Expected<Span> read_span(const ReportRequest& request, const Tiling& tiling, const Zone& zone) {
  if (!request.last.empty()) {
    if (!request.from.empty() || !request.to.empty())
      return fail(ExitCode::usage, "--last stands without --from and --to");
    return last_span(request.last, tiling.finest, request.now == kNoTime ? tiling.newest : request.now);
  }
  if (request.now != kNoTime) return fail(ExitCode::usage, "--now goes with --last only");
  if (request.from.empty() || request.to.empty())
    return fail(ExitCode::usage, "a report needs --from and --to, or --last");
  const auto from = read_bound(request.from, zone);
  if (!from) return tl::unexpected<Error>(from.error());
  const auto to = read_bound(request.to, zone);
  if (!to) return tl::unexpected<Error>(to.error());
  if (*from > *to) {
    return fail(ExitCode::usage, "--from " + format_time(*from) + " is after --to " + format_time(*to));
  }
  return Span{*from, *to};
}

Names read_names(const Snapshot& snapshot, const ReportWords& words) {
  Names names;
  names.agencies = snapshot.names(Dictionary::agency);
  if (words.asks(Dimension::channel)) names.channels = snapshot.names(Dictionary::channel);
  if (words.asks(Dimension::ori)) names.oris = snapshot.names(Dictionary::ori);
  return names;
}

}  // namespace

Expected<Report> make_report(const Snapshot& snapshot, const ReportRequest& request, TimeNs lateness,
                             LiveClocks live) {
  const auto zone = Zone::find(request.zone);
  if (!zone) return tl::unexpected<Error>(zone.error());
  const auto words = read_words(request);
  if (!words) return tl::unexpected<Error>(words.error());
  const Names names = read_names(snapshot, *words);

  std::optional<Catalog> catalog;
  if (request.rollup || !request.agency.empty() || !request.exclude.empty()) {
    auto newest = newest_agencies(snapshot);
    if (!newest) return tl::unexpected<Error>(newest.error());
    catalog = std::move(*newest);
  }
  auto kept = kept_agencies(request, catalog, names.agencies);
  if (!kept) return tl::unexpected<Error>(kept.error());

  StandingInput standing{
      snapshot.partitions(), {}, {}, lateness, live, request.newest_elsewhere, words->cube(),
      snapshot.gaps()};
  const Tiling tiling{words->finest(), words->cuts(), newest_event(standing.partitions),
                      words->months_suffice()};
  const auto span = read_span(request, tiling, *zone);
  if (!span) return tl::unexpected<Error>(span.error());
  const auto ranges = tile(*span, tiling, *zone);
  if (!ranges) return tl::unexpected<Error>(ranges.error());
  const Selection selection{*words, *zone, std::move(*kept), request.rollup};
  Summing sums(selection);
  if (const auto summed = sum_up(snapshot, selection, *ranges, tiling, sums); !summed)
    return tl::unexpected<Error>(summed.error());

  Report report;
  report.as_of = as_of(snapshot);
  report.from = span->from;
  report.to = span->to;
  report.zone = zone->name();
  report.unit = words->unit;
  report.by = words->by_names;
  const std::size_t figure_count = words->unit == Unit::messages ? 1 : kFigureCount;
  report.figure_names.assign(kFigureNames.begin(),
                             kFigureNames.begin() + static_cast<std::ptrdiff_t>(figure_count));
  fill_rows(report, sums, *words, names);
  if (request.rollup) {
    report.rollup = catalog ? roll_up(*catalog, names.agencies, sums.per_agency()) : std::vector<RollupRow>{};
  }
  standing.span = *span;
  auto evicted = evictions(snapshot, *span);
  if (!evicted) return tl::unexpected<Error>(evicted.error());
  standing.evicted = std::move(*evicted);
  Standing judged = judge_standing(standing);
  report.complete = judged.complete;
  report.final = judged.final;
  report.gaps = std::move(judged.reasons);
  return report;
}

}  // namespace blockwatch
