#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "query/json.h"
#include "query/report.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

ordered_json text_or_null(TimeNs time) {
  return time == kNoTime ? ordered_json(nullptr) : ordered_json(format_time(time));
}

// Rows are written by hand: a report by ORI has a million of them.
class RowWriter {
 public:
  RowWriter(std::string& out, const std::vector<std::string>& labels, const std::vector<std::string>& figures)
      : out_(out) {
    for (const auto& l : labels) label_keys_.push_back(dump_json(l) + ":");
    for (const auto& f : figures) figure_keys_.push_back(dump_json(f) + ":");
  }
  void write(const std::vector<std::string>& labels, const std::vector<std::uint64_t>& figures) {
    out_ += '{';
    for (std::size_t i = 0; i < labels.size(); ++i) {
      out_ += label_keys_[i];
      write_text(labels[i]);
      out_ += ',';
    }
    for (std::size_t i = 0; i < figures.size(); ++i) {
      if (i != 0) out_ += ',';
      out_ += figure_keys_[i];
      std::array<char, 20> digits;
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), figures[i]);
      out_.append(digits.data(), end.ptr);
    }
    out_ += '}';
  }

 private:
  void write_text(const std::string& text) {
    const bool is_plain = std::all_of(text.begin(), text.end(),
                                      [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
    if (!is_plain) {
      out_ += dump_json(text);
      return;
    }
    out_ += '"';
    out_ += text;
    out_ += '"';
  }

  std::string& out_;
  std::vector<std::string> label_keys_, figure_keys_;
};

}  // namespace

std::string dump_json(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json to_json_value(const AsOf& as_of) {
  ordered_json positions = ordered_json::object();
  for (const auto& [partition, offset] : as_of.positions) positions[partition] = offset;
  return {{"positions", positions},
          {"event_time_max", text_or_null(as_of.event_time_max)},
          {"policy", as_of.policy},
          {"catalog", as_of.catalog}};
}

std::string to_json(const Report& report) {
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
  out.pop_back();
  out += R"(,"rows":[)";
  RowWriter rows(out, report.by, report.figure_names);
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    if (i != 0) out += ',';
    rows.write(report.rows[i].by, report.rows[i].figures);
  }
  out += R"(],"totals":)";
  rows.write({}, report.totals);
  if (report.rollup) {
    out += R"(,"rollup":[)";
    RowWriter rollup(out, {"label"}, report.figure_names);
    for (std::size_t i = 0; i < report.rollup->size(); ++i) {
      if (i != 0) out += ',';
      rollup.write({(*report.rollup)[i].label}, (*report.rollup)[i].figures);
    }
    out += ']';
  }
  return out + '}';
}

}  // namespace blockwatch
