#include "query/report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/check.h"
#include "query/listings.h"
#include "query/span.h"
#include "query/standing.h"
#include "query/words.h"
#include "query/zone.h"
#include "state/cell.h"

namespace blockwatch {
namespace {

constexpr std::size_t kFigureCount = 13;
constexpr std::array<const char*, kFigureCount> kFigureNames{
    "requests", "answered", "no_record", "rejected", "error",  "unknown", "blocked",
    "leaks",    "excepted", "gap",       "watched",  "shadow", "photo"};
enum Figure : std::size_t {
  kRequests = 0,
  kFirstOutcome = 1,
  kBlocked = 6,
  kLeaks,
  kExcepted,
  kGap,
  kWatched,
  kShadow,
  kPhoto
};
using Figures = std::array<std::uint64_t, kFigureCount>;

// The figure that a verdict adds to; `none` adds to none.
constexpr std::array<std::size_t, kVerdictCount> kFigureOfVerdict{kBlocked, kExcepted, kGap,
                                                                  kWatched, kShadow,   kFigureCount};

void add(Figures& figures, const DisclosureCell& cell, std::uint64_t count) {
  figures[kRequests] += count;
  figures[kFirstOutcome + static_cast<std::size_t>(cell.outcome)] += count;
  const std::size_t verdict = kFigureOfVerdict.at(static_cast<std::size_t>(cell.verdict));
  if (verdict < kFigureCount) figures[verdict] += count;
  if (cell.verdict == Verdict::blocked && cell.outcome == Outcome::answered) figures[kLeaks] += count;
  if (cell.photo) figures[kPhoto] += count;
}

void add(Figures& figures, const Figures& other) {
  for (std::size_t i = 0; i < kFigureCount; ++i) figures[i] += other[i];
}

// A row before it has text: the asked bits of the packed cell, the ORI, and the local day or month.
struct Group {
  std::uint64_t code = 0;
  std::int64_t time = 0;
  std::uint32_t ori = 0;
  friend bool operator==(const Group&, const Group&) = default;
};

struct GroupHash {
  using is_avalanching = void;
  std::size_t operator()(const Group& key) const {
    std::uint64_t h = key.code * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 32U;
    h += static_cast<std::uint64_t>(key.time) << 32U ^ key.ori;
    h *= 0xD6E8FEB86659FD93ULL;
    return static_cast<std::size_t>(h ^ h >> 32U);
  }
};

std::uint64_t code_mask(const ReportWords& words) {
  if (words.unit == Unit::messages) {
    MessageCell m{0, Class{0}};
    if (words.asks(Dimension::agency)) m.agency = kAgencyIdLimit - 1;
    if (words.asks(Dimension::cls)) m.cls = Class{3};
    return pack(m);
  }
  DisclosureCell c{0, 0, 0, Class{0}, false, Outcome{0}, Verdict{0}};
  if (words.asks(Dimension::jurisdiction)) c.jurisdiction = 63;
  if (words.asks(Dimension::agency)) c.agency = kAgencyIdLimit - 1;
  if (words.asks(Dimension::channel)) c.channel = kChannelIdLimit - 1;
  if (words.asks(Dimension::cls)) c.cls = Class{3};
  if (words.asks(Dimension::outcome)) c.outcome = Outcome{7};
  if (words.asks(Dimension::verdict)) c.verdict = Verdict{7};
  return pack(c);
}

// Sums the cells of the tiles into rows and, for the roll-up, into agencies. One use per report.
class Summing {
 public:
  struct Row {
    Group key;
    Figures figures{};
  };

  Summing(const ReportWords& words, const Zone& zone, std::vector<bool> kept_agencies)
      : words_(words),
        zone_(zone),
        kept_(std::move(kept_agencies)),
        per_agency_(kept_.size()),
        mask_(code_mask(words)),
        by_ori_(words.asks(Dimension::ori)) {}

  Expected<void> run(const Snapshot& snapshot, const std::vector<BucketRange>& ranges, const Tiling& tiling) {
    for (const auto& range : ranges) {
      std::optional<std::int64_t> entered;
      snapshot.for_each_cell(words_.cube(), range.granularity, range.from, range.to,
                             [&](const BucketKey& bucket, const CellCount& cell) {
                               if (entered != bucket.number) enter(bucket);
                               entered = bucket.number;
                               if (cell.count != 0) take(cell);
                             });
    }
    if (!split_day_) return {};
    return tl::unexpected<Error>(off_bucket("a day of the zone", *split_day_, tiling));
  }

  const std::vector<Row>& rows() const { return rows_; }
  const std::vector<Figures>& per_agency() const { return per_agency_; }

 private:
  void enter(const BucketKey& bucket) {
    const TimeNs unit = unit_of(bucket.granularity);
    const std::int64_t next =
        bucket.granularity == Granularity::month ? first_of_next_month(bucket.number) : bucket.number + 1;
    time_ = local_time(bucket.number * unit, next * unit - 1);
  }

  void take(const CellCount& cell) {
    const std::uint64_t code = cell.cell.code;
    if (words_.unit == Unit::messages) {
      const DictionaryId agency = unpack_message(code).agency;
      if (!keeps(agency)) return;
      row_of(cell.cell).figures[kRequests] += cell.count;
      per_agency_[agency][kRequests] += cell.count;
      return;
    }
    const DisclosureCell dims = unpack_disclosure(code);
    if (words_.jurisdiction && dims.jurisdiction != *words_.jurisdiction) return;
    if (!keeps(dims.agency)) return;
    add(row_of(cell.cell).figures, dims, cell.count);
    add(per_agency_[dims.agency], dims, cell.count);
  }

  bool keeps(DictionaryId agency) const {
    BW_CHECK(agency < kept_.size());
    return kept_[agency];
  }

  // Cells come in the order of their codes, so that one row's often follow each other.
  Row& row_of(const Cell& cell) {
    const Group key{cell.code & mask_, time_, by_ori_ ? cell.detail : 0};
    if (recent_ < rows_.size() && rows_[recent_].key == key) return rows_[recent_];
    const auto [at, is_new] = places_.try_emplace(key, rows_.size());
    if (is_new) rows_.push_back({key, {}});
    recent_ = at->second;
    return rows_[recent_];
  }

  // The first day of what the report cuts by; rows of one month share its first day. `end`: the last instant.
  std::int64_t local_time(TimeNs begin, TimeNs end) {
    if (words_.cuts() == LocalCuts::none) return 0;
    const std::int64_t day = zone_.local_day(begin);
    const std::int64_t last = zone_.local_day(end);
    if (words_.cuts() == LocalCuts::days) {
      if (day != last && !split_day_) split_day_ = zone_.midnight(day + 1);
      return day;
    }
    if (first_of_month(day) != first_of_month(last) && !split_day_)
      split_day_ = zone_.midnight(first_of_month(last));
    return first_of_month(day);
  }

  const ReportWords& words_;
  const Zone& zone_;
  std::vector<bool> kept_;  // by agency id
  std::vector<Figures> per_agency_;
  std::uint64_t mask_;
  bool by_ori_;
  std::int64_t time_ = 0;  // of the bucket that is being read
  std::vector<Row> rows_;
  boost::unordered_flat_map<Group, std::size_t, GroupHash> places_;
  std::size_t recent_ = 0;
  std::optional<TimeNs> split_day_;  // a midnight inside a counted bucket, where no edge was looked for
};

// The texts of dictionary ids.
struct Names {
  std::vector<std::string> agencies, channels, oris;
};

// What tells the rows of one dimension apart.
std::int64_t value_of(Dimension dimension, const Group& key, const ReportWords& words) {
  const DisclosureCell c = unpack_disclosure(key.code);
  const MessageCell m = unpack_message(key.code);
  const bool messages = words.unit == Unit::messages;
  switch (dimension) {
    case Dimension::agency:
      return messages ? m.agency : c.agency;
    case Dimension::jurisdiction:
      return c.jurisdiction;
    case Dimension::cls:
      return static_cast<std::int64_t>(messages ? m.cls : c.cls);
    case Dimension::channel:
      return c.channel;
    case Dimension::outcome:
      return static_cast<std::int64_t>(c.outcome);
    case Dimension::verdict:
      return static_cast<std::int64_t>(c.verdict);
    case Dimension::ori:
      return key.ori;
    case Dimension::day:
      return key.time;
    case Dimension::month:
      return first_of_month(key.time);
  }
  BW_CHECK(false);
}

std::string text_of(Dimension dimension, std::int64_t value, const Names& names) {
  const auto index = static_cast<std::size_t>(value);
  switch (dimension) {
    case Dimension::agency:
      return names.agencies.at(index);
    case Dimension::jurisdiction:
      return std::string(jurisdiction_code(static_cast<Jurisdiction>(value)));
    case Dimension::cls:
      return std::string(name_of(static_cast<Class>(value)));
    case Dimension::channel:
      return names.channels.at(index);
    case Dimension::outcome:
      return std::string(name_of(static_cast<Outcome>(value)));
    case Dimension::verdict:
      return std::string(name_of(static_cast<Verdict>(value)));
    case Dimension::ori:
      return names.oris.at(index - 1);
    case Dimension::day:
      return day_text(value);
    case Dimension::month:
      return month_text(value);
  }
  BW_CHECK(false);
}

// The values of one dimension in all rows, and the rank of their texts.
class Column {
 public:
  Column(Dimension dimension, const std::vector<Summing::Row>& rows, const ReportWords& words,
         const Names& names) {
    boost::unordered_flat_map<std::int64_t, std::size_t> ids;  // in order of appearance
    std::vector<std::pair<std::string, std::size_t>> sorted;
    for (const auto& row : rows) {
      const std::int64_t value = value_of(dimension, row.key, words);
      const auto [id, is_new] = ids.try_emplace(value, ids.size());
      if (is_new) sorted.emplace_back(text_of(dimension, value, names), id->second);
      ranks_.push_back(id->second);
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::size_t> rank_of_id(sorted.size());
    for (auto& [text, id] : sorted) {
      rank_of_id[id] = texts_.size();
      texts_.push_back(std::move(text));
    }
    for (std::size_t& rank : ranks_) rank = rank_of_id[rank];
  }
  std::size_t size() const { return texts_.size(); }
  std::size_t rank(std::size_t row) const { return ranks_[row]; }
  const std::string& text(std::size_t row) const { return texts_[ranks_[row]]; }

 private:
  std::vector<std::size_t> ranks_;  // by row
  std::vector<std::string> texts_;  // by rank
};

std::vector<std::uint64_t> shown(const Figures& figures, std::size_t count) {
  return {figures.begin(), figures.begin() + static_cast<std::ptrdiff_t>(count)};
}

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
                               const std::vector<Figures>& per_agency, std::size_t figure_count) {
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
    if (sum[kRequests] != 0) rows.push_back({label, shown(sum, figure_count)});
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

void fill_rows(Report& report, const Summing& sums, const ReportWords& words, const Names& names) {
  const std::size_t figure_count = report.figure_names.size();
  std::vector<Column> columns;
  for (const Dimension d : words.by) columns.emplace_back(d, sums.rows(), words, names);
  // By the ranks of all columns as one number: ids have 20, 24 and 32 bits at most, the rest little.
  std::vector<std::pair<unsigned __int128, std::size_t>> order;
  order.reserve(sums.rows().size());
  for (std::size_t row = 0; row < sums.rows().size(); ++row) {
    unsigned __int128 rank = 0;
    for (const Column& column : columns) rank = rank * column.size() + column.rank(row);
    order.emplace_back(rank, row);
  }
  std::sort(order.begin(), order.end());
  Figures totals{};
  report.rows.reserve(order.size());
  for (const auto& [rank, row] : order) {
    ReportRow& made = report.rows.emplace_back();
    made.by.reserve(columns.size());
    for (const Column& column : columns) made.by.push_back(column.text(row));
    const Figures& figures = sums.rows()[row].figures;
    made.figures = shown(figures, figure_count);
    add(totals, figures);
  }
  report.totals = shown(totals, figure_count);
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

  StandingInput standing{snapshot.partitions(),    {},           {}, lateness, live,
                         request.newest_elsewhere, words->cube()};
  const Tiling tiling{words->finest(), words->cuts(), newest_event(standing.partitions),
                      words->months_suffice()};
  const auto span = read_span(request, tiling, *zone);
  if (!span) return tl::unexpected<Error>(span.error());
  const auto ranges = tile(*span, tiling, *zone);
  if (!ranges) return tl::unexpected<Error>(ranges.error());
  Summing sums(*words, *zone, std::move(*kept));
  if (const auto summed = sums.run(snapshot, *ranges, tiling); !summed)
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
    report.rollup = catalog ? roll_up(*catalog, names.agencies, sums.per_agency(), figure_count)
                            : std::vector<RollupRow>{};
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
