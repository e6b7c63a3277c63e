// The one report engine, behind the command line, HTTP and later the briefing (contract §7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/catalog.h"
#include "state/store.h"

namespace blockwatch {

enum class Dimension { agency, jurisdiction, cls, channel, outcome, verdict, ori, day, month };
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

struct ReportRow {
  std::vector<std::string> by;
  std::vector<std::uint64_t> figures;  // in the order of Report::figure_names
};

struct RollupRow {
  std::string label;
  std::vector<std::uint64_t> figures;
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
  std::vector<std::string> figure_names;
  std::vector<ReportRow> rows;
  std::vector<std::uint64_t> totals;
  std::optional<std::vector<RollupRow>> rollup;
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

/// The contract's JSON, one line.
std::string to_json(const Report& report);

}  // namespace blockwatch
