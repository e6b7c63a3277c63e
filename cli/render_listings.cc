#include <array>
#include <cstddef>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/domain.h"
#include "cli/json_text.h"
#include "cli/render.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kIncidentIdShown = 8;

std::string number_at(const Json& object, std::string_view key) {
  return std::to_string(object.value(std::string(key), std::uint64_t{0}));
}

constexpr std::array<const char*, 5> kFates{"consumed", "counted", "duplicate", "rejected", "out_of_scope"};
constexpr std::array<const char*, 5> kQuality{"bad_destination_partial", "stray_results", "unknown_codes",
                                              "dedup_evicted", "late"};

// The sum of each figure's cells; the first column says "total".
void add_sums(Table& table) {
  table.totals.clear();
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::uint64_t sum = 0;
    if (table.columns[c].number) {
      for (const auto& row : table.rows) sum += std::stoull(row[c]);
    }
    table.totals.push_back(table.columns[c].number ? std::to_string(sum) : c == 0 ? "total" : "");
  }
}

std::string range_text(const Json& partition) {
  std::string out;
  for (const auto& range : partition.at("ranges")) {
    out += (out.empty() ? "" : ", ") + with_separators(range.at(0).dump()) + " to " +
           with_separators(range.at(1).dump());
  }
  return out;
}

Table fates_table(const Json& completeness) {
  Table table{{{"partition", false}, {"offsets read", false}}, {}, {}};
  for (const char* fate : kFates) table.columns.push_back({fate, true});
  for (const auto& p : completeness.at("partitions")) {
    std::vector<std::string> row{text_at(p, "topic") + "/" + p.at("partition").dump(), range_text(p)};
    for (const char* fate : kFates) row.push_back(number_at(p, fate));
    table.rows.push_back(std::move(row));
  }
  add_sums(table);
  return table;
}

// What was rejected and what was odd, summed over partitions: one row each that is not zero.
Table oddities_table(const Json& completeness) {
  Table table{{{"of which", false}, {"what", false}, {"count", true}}, {}, {}};
  const auto add = [&](const char* group, const std::string& what, const char* part) {
    std::uint64_t sum = 0;
    for (const auto& p : completeness.at("partitions")) sum += p.at(part).value(what, std::uint64_t{0});
    if (sum != 0) table.rows.push_back({group, what, std::to_string(sum)});
  };
  for (std::size_t i = 0; i < kRejectReasonCount; ++i) {
    add("rejected", std::string(name_of(static_cast<RejectReason>(i))), "by_reason");
  }
  for (const char* q : kQuality) add("quality", q, "quality");
  return table;
}

std::string gap_warnings(const Json& completeness, TextStyle style) {
  std::string out;
  for (const auto& p : completeness.at("partitions")) {
    for (const auto& gap : p.at("gaps")) {
      const std::string where = text_at(p, "topic") + "/" + p.at("partition").dump();
      out += warning_text("gap in " + where + ": " + text_at(gap, "what"), style) + '\n';
    }
  }
  return out;
}

std::string last_milestone(const Json& incident) {
  const Json& notifications = incident.at("notifications");
  return notifications.empty() ? "" : text_at(notifications.back(), "milestone");
}

Table incidents_table(const Json& incidents) {
  Table table{{{"day", false, true},
               {"severity", false, true},
               {"kind", false, true},
               {"policy", false},
               {"at", false, true},
               {"agency", false},
               {"status", false, true},
               {"incident", false, true},
               {"count", true}},
              {},
              {}};
  for (const auto& i : incidents) {
    const bool closed = last_milestone(i) == "closed";
    table.rows.push_back({text_at(i, "day"), text_at(i, "severity"), text_at(i, "kind"), text_at(i, "policy"),
                          text_at(i, "jurisdiction"), text_at(i, "agency"), closed ? "closed" : "open",
                          text_at(i, "incident").substr(0, kIncidentIdShown), number_at(i, "count")});
  }
  return table;
}

std::string counts_text(const Json& counts) {
  std::string out;
  for (const auto& [name, count] : counts.items()) {
    out += (out.empty() ? "" : ", ") + name + " " + with_separators(count.dump());
  }
  return out;
}

std::string sighting_text(const Json& sighting) {
  if (sighting.empty()) return "";
  return text_at(sighting, "time") + "  ORI " + text_at(sighting, "ori") + "  " + text_at(sighting, "topic") +
         "/" + sighting.at("partition").dump() + " offset " + sighting.at("offset").dump();
}

// "siem: suppressed (stale)"
std::string result_text(const Json& output) {
  const std::string text = text_at(output, "output") + ": " + text_at(output, "result");
  return output.contains("reason") ? text + " (" + text_at(output, "reason") + ")" : text;
}

}  // namespace

std::string completeness_text(const Json& completeness, TextStyle style) {
  Table fates = fates_table(completeness);
  if (fates.rows.empty()) return "No partition has been read yet.\n";
  std::string out =
      bold("Fates of all records read: consumed = counted + duplicate + rejected + out_of_scope", style) +
      "\n\n" + to_text(fates, style);
  const Table oddities = oddities_table(completeness);
  if (!oddities.rows.empty()) out += '\n' + to_text(oddities, style);
  const std::string gaps = gap_warnings(completeness, style);
  return out + '\n' + (gaps.empty() ? "No gaps.\n" : gaps);
}

std::string completeness_csv(const Json& completeness) {
  Table table{{{"topic", false}, {"partition", true}}, {}, {}};
  for (const char* fate : kFates) table.columns.push_back({fate, true});
  for (std::size_t i = 0; i < kRejectReasonCount; ++i) {
    table.columns.push_back({std::string(name_of(static_cast<RejectReason>(i))), true});
  }
  for (const char* q : kQuality) table.columns.push_back({q, true});
  for (const auto& p : completeness.at("partitions")) {
    std::vector<std::string> row{text_at(p, "topic"), p.at("partition").dump()};
    for (const char* fate : kFates) row.push_back(number_at(p, fate));
    for (std::size_t i = 0; i < kRejectReasonCount; ++i) {
      row.push_back(number_at(p.at("by_reason"), name_of(static_cast<RejectReason>(i))));
    }
    for (const char* q : kQuality) row.push_back(number_at(p.at("quality"), q));
    table.rows.push_back(std::move(row));
  }
  return to_csv(table);
}

std::string incidents_text(const Json& incidents, TextStyle style) {
  const Json& list = incidents.at("incidents");
  if (list.empty()) return "No incidents.\n";
  Table table = incidents_table(list);
  const std::string count =
      with_separators(std::to_string(list.size())) + (list.size() == 1 ? " incident" : " incidents");
  return bold(count, style) + "\n\n" + to_text(table, style) +
         "\nMore of one: blockwatch alerts show INCIDENT (its first characters are enough).\n";
}

std::string incidents_csv(const Json& incidents) {
  constexpr std::array<const char*, 7> kTexts{"incident",     "kind",   "severity", "policy",
                                              "jurisdiction", "agency", "day"};
  Table table;
  for (const char* t : kTexts) table.columns.push_back({t, false});
  table.columns.push_back({"count", true});
  for (std::size_t o = 0; o < kOutcomeCount; ++o) {
    table.columns.push_back({std::string(name_of(static_cast<Outcome>(o))), true});
  }
  for (std::size_t c = 0; c < kClassCount; ++c)
    table.columns.push_back({std::string(name_of(static_cast<Class>(c))), true});
  for (const char* t : {"first_time", "last_time", "milestones"}) table.columns.push_back({t, false});
  for (const auto& i : incidents.at("incidents")) {
    std::vector<std::string> row;
    for (const char* t : kTexts) row.push_back(text_at(i, t));
    row.push_back(number_at(i, "count"));
    for (std::size_t o = 0; o < kOutcomeCount; ++o) {
      row.push_back(number_at(i.at("by_outcome"), name_of(static_cast<Outcome>(o))));
    }
    for (std::size_t c = 0; c < kClassCount; ++c) {
      row.push_back(number_at(i.at("by_class"), name_of(static_cast<Class>(c))));
    }
    for (const char* end : {"first", "last"})
      row.push_back(i.at(end).empty() ? "" : text_at(i.at(end), "time"));
    std::string milestones;
    for (const auto& n : i.at("notifications"))
      milestones += (milestones.empty() ? "" : " ") + text_at(n, "milestone");
    row.push_back(milestones);
    table.rows.push_back(std::move(row));
  }
  return to_csv(table);
}

std::string incident_text(const Json& incident, TextStyle style) {
  std::string out = bold(text_at(incident, "kind"), style) + " (" + text_at(incident, "severity") + ")\n";
  for (const char* key : {"incident", "policy", "jurisdiction", "agency", "day"})
    out += labeled_line(key, text_at(incident, key));
  out += labeled_line("count", with_separators(number_at(incident, "count")));
  out += labeled_line("by outcome", counts_text(incident.at("by_outcome")));
  out += labeled_line("by class", counts_text(incident.at("by_class")));
  out += labeled_line("first", sighting_text(incident.at("first")));
  out += labeled_line("last", sighting_text(incident.at("last")));
  out += "\nNotifications\n";
  for (const auto& n : incident.at("notifications")) {
    out += "  " + text_at(n, "milestone") +
           std::string(text_at(n, "milestone").size() < 8 ? 8 - text_at(n, "milestone").size() : 0, ' ') +
           "  " + text_at(n, "time") + "\n    " + text_at(n, "id") + '\n';
    for (const auto& o : n.value("outputs", Json::array())) out += "    " + result_text(o) + '\n';
  }
  return out;
}

}  // namespace blockwatch
