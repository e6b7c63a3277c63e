#include "query/report_sum.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "query/json.h"
#include "query/span.h"
#include "query/words.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

/// "TOPIC/PARTITION" in the order of its number.
using PartitionKey = std::pair<std::string, std::uint64_t>;

PartitionKey partition_key(const std::string& name) {
  const std::size_t slash = std::min(name.rfind('/'), name.size());
  const std::string_view digits = std::string_view(name).substr(std::min(slash + 1, name.size()));
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return {name.substr(0, slash), number};
}

/// Who counts which partition.
class Owners {
 public:
  Expected<void> claim(const PartitionKey& partition, const std::string& name) {
    const auto [at, first] = owners_.emplace(partition, name);
    if (!first) {
      return fail(
          ExitCode::usage,
          at->second + " and " + name + " both count " + partition.first + '/' +
              std::to_string(partition.second) +
              ": a sum would count it twice (name each daemon once, and daemons of different partitions)");
    }
    if (topic_.empty()) {
      topic_ = partition.first;
      first_ = name;
    }
    if (partition.first == topic_) return {};
    return fail(ExitCode::usage, name + " counts topic " + partition.first + ", " + first_ + " topic " +
                                     topic_ + ": only daemons that share a topic are summed");
  }

  /// Numbers below the greatest that nobody has read; in words.
  std::vector<std::string> holes() const {
    std::vector<std::string> out;
    std::uint64_t expected = 0;
    for (const auto& [partition, _] : owners_) {
      for (; expected < partition.second; ++expected) {
        out.push_back(partition.first + '/' + std::to_string(expected) +
                      ": none of the daemons asked has read any of it; name the one that counts it too");
      }
      ++expected;
    }
    return out;
  }

 private:
  std::map<PartitionKey, std::string> owners_;
  std::string topic_;  // of the first claim
  std::string first_;  // who made it
};

Expected<void> same(const Named<Report>& a, const Named<Report>& b, std::string_view what,
                    const std::string& of_a, const std::string& of_b) {
  if (of_a == of_b) return {};
  return fail(ExitCode::usage, "reports of different " + std::string(what) + " cannot be summed: " + a.name +
                                   " has " + of_a + ", " + b.name + " has " + of_b);
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

Expected<void> comparable(const Named<Report>& a, const Named<Report>& b) {
  const Report& x = a.answer;
  const Report& y = b.answer;
  const std::array<std::tuple<std::string_view, std::string, std::string>, 7> all{
      {{"spans", format_time(x.from) + " to " + format_time(x.to),
        format_time(y.from) + " to " + format_time(y.to)},
       {"zones", x.zone, y.zone},
       {"units", x.unit == Unit::messages ? "messages" : "observations",
        y.unit == Unit::messages ? "messages" : "observations"},
       {"dimensions", joined(x.by), joined(y.by)},
       {"figures", joined(x.figure_names), joined(y.figure_names)},
       {"policies", x.as_of.policy, y.as_of.policy},
       {"catalogs", x.as_of.catalog, y.as_of.catalog}}};
  for (const auto& [what, of_a, of_b] : all) {
    if (auto checked = same(a, b, what, of_a, of_b); !checked) return checked;
  }
  return same(a, b, "words", x.rollup ? "a roll-up" : "no roll-up", y.rollup ? "a roll-up" : "no roll-up");
}

/// Sums rows with the same labels, in the order of these.
void sum_rows(Report& report) {
  std::sort(report.rows.begin(), report.rows.end(),
            [](const ReportRow& a, const ReportRow& b) { return a.by < b.by; });
  std::vector<ReportRow> rows;
  FiguresList figures;
  for (const ReportRow& row : report.rows) {
    if (rows.empty() || rows.back().by != row.by) {
      rows.push_back({row.by, static_cast<std::uint32_t>(figures.size())});
      figures.emplace_back();
    }
    add(figures.back(), report.figures_of(row));
  }
  report.rows = std::move(rows);
  report.figures = std::move(figures);
}

std::vector<RollupRow> summed(const std::vector<RollupRow>& rows) {
  std::map<std::string, Figures> sums;
  for (const RollupRow& row : rows) add(sums[row.label], row.figures);
  std::vector<RollupRow> out;
  for (const auto& [label, figures] : sums) out.push_back({label, figures});
  return out;
}

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// The labels of all parts, ascending, so that rows which are sorted by their places are sorted by their
/// text.
std::vector<std::vector<std::string>> united_labels(const std::vector<Named<Report>>& parts) {
  std::vector<std::vector<std::string>> out(parts.front().answer.by.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const auto& part : parts)
      out[i].insert(out[i].end(), part.answer.labels[i].begin(), part.answer.labels[i].end());
    std::sort(out[i].begin(), out[i].end());
    out[i].erase(std::unique(out[i].begin(), out[i].end()), out[i].end());
  }
  return out;
}

void add_rows(Report& sum, const Report& part) {
  std::vector<std::vector<std::uint32_t>> places;  // of the part's labels in the sum's
  for (std::size_t i = 0; i < sum.by.size(); ++i) {
    std::vector<std::uint32_t>& of_labels = places.emplace_back();
    const auto& all = sum.labels[i];
    for (const std::string& label : part.labels[i])
      of_labels.push_back(
          static_cast<std::uint32_t>(std::lower_bound(all.begin(), all.end(), label) - all.begin()));
  }
  for (ReportRow row : part.rows) {
    for (std::size_t i = 0; i < places.size(); ++i) row.by[i] = places[i][row.by[i]];
    sum.figures.push_back(part.figures_of(row));
    row.figures = static_cast<std::uint32_t>(sum.figures.size() - 1);
    sum.rows.push_back(row);
  }
}

void add_part(Report& sum, Report&& part, const std::string& name) {
  const bool has_begun = !part.as_of.positions.empty();
  append(sum.as_of.positions, std::move(part.as_of.positions));
  sum.as_of.event_time_max = std::max(sum.as_of.event_time_max, part.as_of.event_time_max);
  sum.complete = sum.complete && part.complete;
  sum.final = sum.final && part.final;
  for (std::string& gap : part.gaps) sum.gaps.push_back(has_begun ? std::move(gap) : name + ": " + gap);
  add_rows(sum, part);
  add(sum.totals, part.totals);
  if (sum.rollup) append(*sum.rollup, std::move(*part.rollup));
}

Figures figures_of(const ordered_json& row, const std::vector<std::string>& names) {
  Figures out{};
  for (std::size_t i = 0; i < names.size(); ++i) out[i] = row.at(names[i]).get<std::uint64_t>();
  return out;
}

/// The rows' labels and figures.
void read_rows(const ordered_json& rows, Report& out) {
  out.labels.resize(out.by.size());
  std::vector<std::map<std::string, std::uint32_t>> places(out.by.size());
  for (const auto& row : rows) {
    ReportRow& made = out.rows.emplace_back();
    for (std::size_t i = 0; i < out.by.size(); ++i) {
      const auto& text = row.at(out.by[i]).get_ref<const std::string&>();
      const auto [at, is_new] = places[i].try_emplace(text, static_cast<std::uint32_t>(places[i].size()));
      if (is_new) out.labels[i].push_back(text);
      made.by[i] = at->second;
    }
    made.figures = static_cast<std::uint32_t>(out.figures.size());
    out.figures.push_back(figures_of(row, out.figure_names));
  }
}

TimeNs time_of(const ordered_json& value) {
  if (value.is_null()) return kNoTime;
  const auto time = parse_rfc3339(value.get<std::string>());
  if (!time) throw nlohmann::json::other_error::create(500, "no time", nullptr);
  return *time;
}

AsOf as_of_from(const ordered_json& json) {
  AsOf out;
  for (const auto& [partition, offset] : json.at("positions").items()) {
    out.positions.emplace_back(partition, offset.get<std::uint64_t>());
  }
  out.event_time_max = time_of(json.at("event_time_max"));
  out.policy = json.at("policy").get<std::string>();
  out.catalog = json.at("catalog").get<std::string>();
  return out;
}

Report report_from(const ordered_json& json) {
  Report out;
  out.as_of = as_of_from(json.at("as_of"));
  out.from = time_of(json.at("from"));
  out.to = time_of(json.at("to"));
  out.zone = json.at("zone").get<std::string>();
  out.complete = json.at("complete").get<bool>();
  out.final = json.at("final").get<bool>();
  out.gaps = json.at("gaps").get<std::vector<std::string>>();
  out.unit = json.at("unit") == "messages" ? Unit::messages : Unit::observations;
  out.by = json.at("by").get<std::vector<std::string>>();
  for (const auto& [name, _] : json.at("totals").items()) out.figure_names.push_back(name);
  if (out.by.size() > kDimensionCount || out.figure_names.size() > kFigureCount)
    throw nlohmann::json::other_error::create(500, "more than a report has", nullptr);
  out.totals = figures_of(json.at("totals"), out.figure_names);
  read_rows(json.at("rows"), out);
  if (!json.contains("rollup")) return out;
  out.rollup.emplace();
  for (const auto& row : json.at("rollup")) {
    out.rollup->push_back({row.at("label").get<std::string>(), figures_of(row, out.figure_names)});
  }
  return out;
}

tl::unexpected<Error> not_ours() {
  return fail(ExitCode::temporary,
              "the answer is not the JSON of a blockwatch daemon of this version (check --url)");
}

}  // namespace

Expected<Report> report_from_json(const std::string& text) {
  try {
    return report_from(ordered_json::parse(text));
  } catch (const nlohmann::json::exception&) {
    return not_ours();
  }
}

Expected<ReportRequest> with_common_span(ReportRequest request, TimeNs newest) {
  request.newest_elsewhere = newest;
  if (request.last.empty()) return request;
  const auto words = read_words(request);
  if (!words) return tl::unexpected<Error>(words.error());
  const auto span = last_span(request.last, words->finest(), request.now == kNoTime ? newest : request.now);
  if (!span) return tl::unexpected<Error>(span.error());
  request.last.clear();
  request.now = kNoTime;
  request.from = format_time(span->from);
  request.to = format_time(span->to);
  return request;
}

Expected<Report> sum_reports(std::vector<Named<Report>> parts) {
  BW_CHECK(!parts.empty());
  Owners owners;
  for (const auto& part : parts) {
    if (auto checked = comparable(parts.front(), part); !checked)
      return tl::unexpected<Error>(checked.error());
    for (const auto& [partition, _] : part.answer.as_of.positions) {
      if (auto claimed = owners.claim(partition_key(partition), part.name); !claimed) {
        return tl::unexpected<Error>(claimed.error());
      }
    }
  }
  Report sum = parts.front().answer;
  sum.as_of.positions.clear();
  sum.gaps.clear();
  sum.labels = united_labels(parts);
  sum.rows.clear();
  sum.figures.clear();
  sum.totals = {};
  if (sum.rollup) sum.rollup->clear();
  for (auto& part : parts) add_part(sum, std::move(part.answer), part.name);
  std::sort(sum.as_of.positions.begin(), sum.as_of.positions.end(),
            [](const auto& a, const auto& b) { return partition_key(a.first) < partition_key(b.first); });
  sum_rows(sum);
  if (sum.rollup) sum.rollup = summed(*sum.rollup);
  auto holes = owners.holes();
  if (!holes.empty()) sum.complete = sum.final = false;
  append(sum.gaps, std::move(holes));
  return sum;
}

Expected<std::string> sum_completeness(const std::vector<Named<std::string>>& parts) {
  Owners owners;
  std::map<PartitionKey, ordered_json> partitions;
  for (const auto& part : parts) {
    try {
      const auto answer = ordered_json::parse(part.answer);
      for (const auto& partition : answer.at("partitions")) {
        const PartitionKey key{partition.at("topic").get<std::string>(),
                               partition.at("partition").get<std::uint64_t>()};
        if (auto claimed = owners.claim(key, part.name); !claimed)
          return tl::unexpected<Error>(claimed.error());
        partitions.emplace(key, partition);
      }
    } catch (const nlohmann::json::exception&) {
      return not_ours();
    }
  }
  ordered_json list = ordered_json::array();
  for (auto& [_, partition] : partitions) list.push_back(std::move(partition));
  return dump_json({{"partitions", list}});
}

}  // namespace blockwatch
