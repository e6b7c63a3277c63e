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

void add(std::vector<std::uint64_t>& sum, const std::vector<std::uint64_t>& figures) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += figures[i];
}

/// Sums rows by what names them, in its order.
template <class Row, class Key>
std::vector<Row> summed_rows(std::vector<Row> rows, Key Row::*key) {
  std::stable_sort(rows.begin(), rows.end(), [key](const Row& a, const Row& b) { return a.*key < b.*key; });
  std::vector<Row> out;
  for (Row& row : rows) {
    if (!out.empty() && out.back().*key == row.*key) {
      add(out.back().figures, row.figures);
    } else {
      out.push_back(std::move(row));
    }
  }
  return out;
}

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void add_part(Report& sum, Report&& part, const std::string& name) {
  const bool has_begun = !part.as_of.positions.empty();
  append(sum.as_of.positions, std::move(part.as_of.positions));
  sum.as_of.event_time_max = std::max(sum.as_of.event_time_max, part.as_of.event_time_max);
  sum.complete = sum.complete && part.complete;
  sum.final = sum.final && part.final;
  for (std::string& gap : part.gaps) sum.gaps.push_back(has_begun ? std::move(gap) : name + ": " + gap);
  append(sum.rows, std::move(part.rows));
  add(sum.totals, part.totals);
  if (sum.rollup) append(*sum.rollup, std::move(*part.rollup));
}

std::vector<std::uint64_t> figures_of(const ordered_json& row, const std::vector<std::string>& names) {
  std::vector<std::uint64_t> out;
  for (const auto& name : names) out.push_back(row.at(name).get<std::uint64_t>());
  return out;
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
  out.totals = figures_of(json.at("totals"), out.figure_names);
  for (const auto& row : json.at("rows")) {
    ReportRow& made = out.rows.emplace_back();
    for (const auto& name : out.by) made.by.push_back(row.at(name).get<std::string>());
    made.figures = figures_of(row, out.figure_names);
  }
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
  sum.rows.clear();
  sum.totals.assign(sum.totals.size(), 0);
  if (sum.rollup) sum.rollup->clear();
  for (auto& part : parts) add_part(sum, std::move(part.answer), part.name);
  std::sort(sum.as_of.positions.begin(), sum.as_of.positions.end(),
            [](const auto& a, const auto& b) { return partition_key(a.first) < partition_key(b.first); });
  sum.rows = summed_rows(std::move(sum.rows), &ReportRow::by);
  if (sum.rollup) sum.rollup = summed_rows(std::move(*sum.rollup), &RollupRow::label);
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
