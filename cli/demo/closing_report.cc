#include "cli/demo/closing_report.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "query/report.h"
#include "state/store.h"

namespace blockwatch {
namespace {

constexpr std::size_t kRowsMax = 12;
constexpr std::array<std::string_view, 8> kShown{"requests", "answered", "rejected", "blocked",
                                                 "leaks",    "excepted", "watched",  "photo"};

std::uint64_t figure(const Report& report, const Figures& figures, std::string_view name) {
  const auto at = std::find(report.figure_names.begin(), report.figure_names.end(), name);
  return at == report.figure_names.end()
             ? 0
             : figures[static_cast<std::size_t>(at - report.figure_names.begin())];
}

std::vector<std::string> cells_of(const Report& report, std::vector<std::string> head,
                                  const Figures& figures) {
  for (const std::string_view name : kShown) head.push_back(std::to_string(figure(report, figures, name)));
  return head;
}

// Those that a policy speaks of, most blocked first.
Table by_agency_and_state(const Report& report) {
  std::vector<const ReportRow*> rows;
  for (const ReportRow& row : report.rows) {
    const Figures& figures = report.figures_of(row);
    if (figure(report, figures, "blocked") + figure(report, figures, "gap") > 0) rows.push_back(&row);
  }
  const auto rank = [&report](const ReportRow* row) {
    const Figures& figures = report.figures_of(*row);
    return std::pair(figure(report, figures, "blocked"), figure(report, figures, "leaks"));
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto* a, const auto* b) { return rank(a) > rank(b); });
  Table table{{{"agency"}, {"state"}}, {}, {}};
  for (const std::string_view name : kShown) table.columns.push_back({std::string(name), true});
  for (std::size_t i = 0; i < std::min(rows.size(), kRowsMax); ++i) {
    const ReportRow& row = *rows[i];
    table.rows.push_back(
        cells_of(report, {report.label(row, 0), report.label(row, 1)}, report.figures_of(row)));
  }
  return table;
}

Table by_letter_figure(const Report& report) {
  Table table{{{"as the letter counts"}}, {}, {}};
  for (const std::string_view name : kShown) table.columns.push_back({std::string(name), true});
  for (const RollupRow& row : report.rollup.value_or(std::vector<RollupRow>{})) {
    if (row.label == "HSI" || row.label.starts_with("ICE "))
      table.rows.push_back(cells_of(report, {row.label}, row.figures));
  }
  table.rows.push_back(cells_of(report, {"all agencies, all states"}, report.totals));
  return table;
}

std::string completeness(const Snapshot& snapshot, std::uint64_t sent, TextStyle style) {
  PartitionProgress sum;
  for (const PartitionProgress& p : snapshot.partitions()) {
    sum.counted += p.counted;
    sum.duplicate += p.duplicate;
    sum.rejected += p.rejected;
    sum.out_of_scope += p.out_of_scope;
  }
  const auto n = [](std::uint64_t value) { return with_separators(std::to_string(value)); };
  const std::string verdict =
      sum.consumed() == sent ? bold("Nothing is missing", style) : warning_text("Not all is there", style);
  return verdict +
         fmt::format(
             "\n  {} records sent, {} read = {} counted + {} duplicate + {} rejected + {} out of scope\n",
             n(sent), n(sum.consumed()), n(sum.counted), n(sum.duplicate), n(sum.rejected),
             n(sum.out_of_scope));
}

}  // namespace

Expected<std::string> closing_report(const std::string& state_dir, TimeNs from, TimeNs to, std::uint64_t sent,
                                     TextStyle style) {
  const auto store = Store::open(state_dir, Store::Access::read);
  if (!store) return tl::unexpected(store.error());
  const auto snapshot = (*store)->snapshot();
  ReportRequest request;
  request.from = format_time(from);
  request.to = format_time(to);
  request.rollup = true;
  const auto report = make_report(*snapshot, request, 48 * kHour);
  if (!report) return tl::unexpected(report.error());
  std::string out =
      to_text(by_agency_and_state(*report), style) + "\n" + to_text(by_letter_figure(*report), style) + "\n";
  return out + completeness(*snapshot, sent, style);
}

}  // namespace blockwatch
