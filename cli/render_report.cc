#include <algorithm>
#include <cstddef>

#include <nlohmann/json.hpp>

#include "cli/render.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kReasonsShown = 4;
constexpr std::size_t kDigestShown = 12;

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

std::string cell_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Table table_of(const std::vector<std::string>& labels, const Json& rows, const Json& totals) {
  Table table;
  for (const auto& l : labels) table.columns.push_back({l, false, l != "agency" && l != "channel"});
  for (const auto& [figure, _] : totals.items()) table.columns.push_back({figure, true});
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& c : table.columns) cells.push_back(cell_text(row.at(c.title)));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

void add_totals(Table& table, std::size_t label_count, const Json& totals) {
  table.totals.assign(label_count, "");
  table.totals.front() = "total";
  for (const auto& [_, value] : totals.items()) table.totals.push_back(cell_text(value));
}

std::string heading(const Json& report, TextStyle style) {
  const bool messages = report.at("unit") == "messages";
  const auto by = report.at("by").get<std::vector<std::string>>();
  std::string out = bold((messages ? "Messages by " : "Requests by ") + joined(by), style) + '\n';
  out += report.at("from").get<std::string>() + " to " + report.at("to").get<std::string>();
  const auto zone = report.at("zone").get<std::string>();
  if (zone != "UTC") out += ", days of " + zone;
  return out + '\n';
}

std::string standing(const Json& report, TextStyle style) {
  const bool complete = report.at("complete").get<bool>();
  const bool final = report.at("final").get<bool>();
  std::string out =
      final      ? "complete and final\n"
      : complete ? "complete, not final yet:\n"
                 : warning_text("NOT COMPLETE, do not read these counts as all there is:", style) + "\n";
  const auto reasons = report.at("gaps").get<std::vector<std::string>>();
  for (std::size_t i = 0; i < std::min(reasons.size(), kReasonsShown); ++i) out += wrapped(reasons[i], "  ");
  if (reasons.size() > kReasonsShown) {
    out += "  and " + std::to_string(reasons.size() - kReasonsShown) + " more (--format json lists all)\n";
  }
  return out;
}

std::string as_of(const Json& report) {
  const Json& as_of = report.at("as_of");
  const auto digest = [&](const char* what) {
    const auto text = as_of.at(what).get<std::string>();
    return text.empty() ? "none" : text.substr(0, kDigestShown);
  };
  const Json& newest = as_of.at("event_time_max");
  return "as of " + (newest.is_null() ? "no event counted" : newest.get<std::string>()) + ", policy " +
         digest("policy") + ", catalog " + digest("catalog") + '\n';
}

std::string zeros_note(const std::vector<std::string>& dropped) {
  return dropped.empty() ? "" : wrapped("All zero and left out: " + joined(dropped) + ".", "");
}

std::string rollup_text(const Json& report, TextStyle style) {
  Table table = table_of({"label"}, report.at("rollup"), report.at("totals"));
  if (table.rows.empty()) return "\nRoll-up: nothing counted.\n";
  table.columns.front().title = "roll-up";
  const auto dropped = drop_zero_columns(table);
  return '\n' + to_text(table, style) + zeros_note(dropped);
}

}  // namespace

std::string report_text(const Json& report, TextStyle style) {
  std::string out = heading(report, style) + standing(report, style) + as_of(report) + '\n';
  const auto by = report.at("by").get<std::vector<std::string>>();
  Table table = table_of(by, report.at("rows"), report.at("totals"));
  if (table.rows.empty()) {
    out += "Nothing counted in this span for these words.\n";
  } else {
    add_totals(table, by.size(), report.at("totals"));
    const auto dropped = drop_zero_columns(table);
    out += to_text(table, style) + zeros_note(dropped);
  }
  if (report.contains("rollup")) out += rollup_text(report, style);
  return out;
}

std::string report_csv(const Json& report) {
  if (report.contains("rollup")) return to_csv(table_of({"label"}, report.at("rollup"), report.at("totals")));
  return to_csv(
      table_of(report.at("by").get<std::vector<std::string>>(), report.at("rows"), report.at("totals")));
}

std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t room = kTableWidth - indent.size();
    std::size_t end = text.size();
    if (end > room) {
      end = text.rfind(' ', room);
      if (end == std::string_view::npos || end == 0) end = std::min(text.find(' '), text.size());
    }
    out += std::string(indent) + std::string(text.substr(0, end)) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace blockwatch
