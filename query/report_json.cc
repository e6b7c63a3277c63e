#include "query/report_json.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/prefetch.h"
#include "query/json.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kDigitsMax = 20;

std::size_t digits_of(std::uint64_t number) {
  std::size_t n = 1;
  for (; number >= 10; number /= 10) ++n;
  return n;
}

char* put(char* out, std::string_view text) {
  return std::copy(text.begin(), text.end(), out);
}

char* put(char* out, std::uint64_t number) {
  if (number >= 10) return std::to_chars(out, out + kDigitsMax, number).ptr;
  *out = static_cast<char>('0' + number);
  return out + 1;
}

/// Figures are made in another order than rows are written in.
constexpr std::size_t kRowsAhead = 8;

void prefetch_figures(const Report& report, std::size_t row) {
  prefetch_lines(&report.figures_of(report.rows[row]), sizeof(Figures));
}

std::string head_of(const Report& report) {
  const ordered_json head = {{"as_of", to_json_value(report.as_of)},
                             {"from", format_time(report.from)},
                             {"to", format_time(report.to)},
                             {"zone", report.zone},
                             {"complete", report.complete},
                             {"final", report.final},
                             {"gaps", report.gaps},
                             {"unit", report.unit == Unit::messages ? "messages" : "observations"},
                             {"by", report.by}};
  std::string out = dump_json(head);
  out.back() = ',';
  return out + R"("rows":[)";
}

}  // namespace

std::string dump_json(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json time_or_null(TimeNs time) {
  return time == kNoTime ? ordered_json() : ordered_json(format_time(time));
}

ordered_json number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? ordered_json(*number) : ordered_json();
}

ordered_json to_json_value(const AsOf& as_of) {
  ordered_json positions = ordered_json::object();
  for (const auto& [partition, offset] : as_of.positions) positions[partition] = offset;
  return {{"positions", positions},
          {"event_time_max", time_or_null(as_of.event_time_max)},
          {"policy", as_of.policy},
          {"catalog", as_of.catalog}};
}

ReportJson::Rows::Rows(const std::vector<std::string>& by,
                       const std::vector<std::vector<std::string>>& labels,
                       const std::vector<std::string>& figures) {
  for (std::size_t i = 0; i < by.size(); ++i) {
    std::vector<std::string>& members = members_.emplace_back();
    std::size_t label_max = 0;
    for (const std::string& label : labels[i]) {
      members.push_back(dump_json(by[i]) + ':' + dump_json(label) + ',');
      label_max = std::max(label_max, members.back().size());
    }
    size_max_ += label_max;
  }
  for (const std::string& figure : figures) {
    figures_.push_back((figures_.empty() ? "" : ",") + dump_json(figure) + ':');
    size_of_names_ += figures_.back().size();
  }
  size_of_names_ += 2;  // braces
  size_max_ += size_of_names_ + figures.size() * kDigitsMax;
}

std::size_t ReportJson::Rows::size_of_labels(const ReportRow& row) const {
  std::size_t size = size_of_names_;
  for (std::size_t i = 0; i < members_.size(); ++i) size += members_[i][row.by[i]].size();
  return size;
}

std::size_t ReportJson::Rows::size_of_figures(const Figures& figures) const {
  std::size_t size = 0;
  for (std::size_t i = 0; i < figures_.size(); ++i) size += digits_of(figures[i]);
  return size;
}

char* ReportJson::Rows::write(const ReportRow& row, const Figures& figures, char* out) const {
  *out++ = '{';
  for (std::size_t i = 0; i < members_.size(); ++i) out = put(out, members_[i][row.by[i]]);
  for (std::size_t i = 0; i < figures_.size(); ++i) out = put(put(out, figures_[i]), figures[i]);
  *out++ = '}';
  return out;
}

std::string ReportJson::text_of(const Rows& rows, const std::vector<std::pair<ReportRow, Figures>>& list) {
  std::string out;
  std::string row(rows.size_max(), '\0');
  for (const auto& [by, figures] : list) {
    if (!out.empty()) out += ',';
    out.append(row.data(), rows.write(by, figures, row.data()));
  }
  return out;
}

ReportJson::ReportJson(Report report)
    : report_(std::move(report)),
      rows_(report_.by, report_.labels, report_.figure_names),
      pending_(head_of(report_)) {
  tail_ = R"(],"totals":)" + text_of(Rows({}, {}, report_.figure_names), {{ReportRow{}, report_.totals}});
  if (report_.rollup) {
    std::vector<std::string> labels;
    std::vector<std::pair<ReportRow, Figures>> rows;
    for (const RollupRow& row : *report_.rollup) {
      rows.push_back({{{static_cast<std::uint32_t>(labels.size())}}, row.figures});
      labels.push_back(row.label);
    }
    tail_ += R"(,"rollup":[)" + text_of(Rows({"label"}, {labels}, report_.figure_names), rows) + ']';
  }
  tail_ += '}';
  size_ = pending_.size() + tail_.size();
  for (const ReportRow& row : report_.rows) size_ += rows_.size_of_labels(row);
  for (const Figures& figures : report_.figures) size_ += rows_.size_of_figures(figures);
  if (!report_.rows.empty()) size_ += report_.rows.size() - 1;  // commas
}

char* ReportJson::write_next(char* out) {
  if (next_row_ + kRowsAhead < report_.rows.size()) prefetch_figures(report_, next_row_ + kRowsAhead);
  if (next_row_ != 0) *out++ = ',';
  const ReportRow& row = report_.rows[next_row_++];
  return rows_.write(row, report_.figures_of(row), out);
}

std::size_t ReportJson::read(char* out, std::size_t room) {
  char* end = out;
  const char* const limit = out + room;
  while (end != limit) {
    const auto left = static_cast<std::size_t>(limit - end);
    if (pending_from_ < pending_.size()) {
      const std::size_t n = std::min(left, pending_.size() - pending_from_);
      end = put(end, std::string_view(pending_).substr(pending_from_, n));
      pending_from_ += n;
    } else if (next_row_ < report_.rows.size() && left > rows_.size_max()) {
      end = write_next(end);
    } else if (next_row_ < report_.rows.size()) {
      pending_.resize(rows_.size_max() + 1);
      pending_.resize(static_cast<std::size_t>(write_next(pending_.data()) - pending_.data()));
      pending_from_ = 0;
    } else if (!tail_.empty()) {
      pending_ = std::exchange(tail_, {});
      pending_from_ = 0;
    } else {
      break;
    }
  }
  return static_cast<std::size_t>(end - out);
}

std::string to_json(Report report) {
  ReportJson json(std::move(report));
  std::string out(json.size(), '\0');
  const std::size_t written = json.read(out.data(), out.size());
  BW_CHECK(written == out.size());
  return out;
}

}  // namespace blockwatch
