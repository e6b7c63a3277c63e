// The one report engine, behind the command line, HTTP and later the briefing (contract §7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/catalog.h"
#include "query/figures.h"
#include "state/store.h"

namespace blockwatch {

enum class Dimension { agency, jurisdiction, cls, channel, outcome, verdict, ori, day, month };
inline constexpr std::size_t kDimensionCount = 9;
enum class Unit { observations, messages };

/// The words of `blockwatch report`, not yet checked against a state.
struct ReportRequest {
  std::string from, to;  // RFC 3339 or a plain date in the zone
  std::string
      last;  // instead of both: 5m 1h 24h 7d 30d 365d, ending with the bucket that holds event_time_max
  /// With `last`: the wall clock, if that ends with the bucket that holds it instead.
  TimeNs now = kNoTime;
  /// The newest event counted by daemons that share the topic: complete means complete up to it as well.
  TimeNs newest_elsewhere = kNoTime;
  std::string zone = "UTC";
  std::vector<std::string> by;  // empty: the unit's default
  std::string agency, exclude, jurisdiction;
  std::string unit = "observations";
  bool rollup = false;
};

/// Small: a report by ORI has a million of them.
struct ReportRow {
  std::array<std::uint32_t, kDimensionCount> by{};  // places in Report::labels; zeros behind Report::by
  std::uint32_t figures = 0;                        // the place in Report::figures
};

struct RollupRow {
  std::string label;
  Figures figures{};
};

/// Where the state stood when the report was made.
struct AsOf {
  std::vector<std::pair<std::string, std::uint64_t>> positions;  // "TOPIC/PARTITION" -> next offset
  TimeNs event_time_max = kNoTime;
  std::string policy, catalog;  // digests
};

struct Report {
  AsOf as_of;
  TimeNs from = 0, to = 0;
  std::string zone;
  bool complete = false, final = false;
  std::vector<std::string> gaps;
  Unit unit = Unit::observations;
  std::vector<std::string> by;
  /// Of each of `by`: the texts that its rows have, each once.
  std::vector<std::vector<std::string>> labels;
  std::vector<std::string> figure_names;  // of the first so many figures; the others are 0
  std::vector<ReportRow> rows;
  FiguresList figures;  // one for each row, in any order
  Figures totals{};
  std::optional<std::vector<RollupRow>> rollup;

  const std::string& label(const ReportRow& row, std::size_t place) const {
    return labels[place][row.by[place]];
  }
  const Figures& figures_of(const ReportRow& row) const { return figures[row.figures]; }
};

/// Of a running daemon: which partitions stand at the end of their log now (their clock is the wall clock).
struct LiveClocks {
  bool at_end = false;
  TimeNs now = kNoTime;
};

/// Errors: 64 for what the words or the buckets cannot give (names the nearest that can), 65 for damaged
/// state.
Expected<Report> make_report(const Snapshot& snapshot, const ReportRequest& request, TimeNs lateness,
                             LiveClocks live = {});

/// The contract's JSON, one line (query/report_json.h makes it piece by piece).
std::string to_json(Report report);

}  // namespace blockwatch
