#include <algorithm>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "query/report.h"
#include "query/report_sum.h"

namespace blockwatch {
namespace {

struct ReportOptions {
  Places places;
  bool now = false;  // the wall clock, when the question is asked
  ReportRequest request;
  std::string lateness = "48h";
  OutputFormat format = OutputFormat::table;
};

std::string joined_by(const std::vector<std::string>& by) {
  std::string out;
  for (const auto& name : by) out += (out.empty() ? "" : ",") + name;
  return out;
}

void add_span_options(CLI::App& command, ReportRequest& request, bool& now) {
  auto* from =
      command.add_option("--from", request.from, "Begin of the span: RFC 3339, or a plain date in the zone")
          ->type_name("TIME");
  auto* to = command.add_option("--to", request.to, "End of the span, not in it any more")
                 ->type_name("TIME")
                 ->needs(from);
  from->needs(to);
  auto* last = command
                   .add_option("--last", request.last,
                               "Instead: 5m, 1h, 24h, 7d, 30d or 365d up to the newest event counted")
                   ->type_name("SPAN")
                   ->excludes(from)
                   ->excludes(to);
  command.add_flag("--now", now, "With --last: up to the wall clock instead of the newest event")
      ->needs(last);
  command
      .add_option("--zone", request.zone,
                  "How plain dates are read and days are cut: an IANA name, such as America/Chicago")
      ->type_name("ZONE")
      ->capture_default_str();
}

void add_word_options(CLI::App& command, ReportRequest& request) {
  command
      .add_option("--by", request.by,
                  "One row for each of: agency jurisdiction class channel outcome verdict ori day month, "
                  "separated by "
                  "commas. Default: agency,jurisdiction (messages: agency,class)")
      ->delimiter(',')
      ->type_name("NAMES");
  command.add_option("--agency", request.agency, "Only this agency and all below it")->type_name("NODE");
  command.add_option("--exclude", request.exclude, "Without this agency and all below it")->type_name("NODE");
  command.add_option("--jurisdiction", request.jurisdiction, "Only this one, such as IL")->type_name("XX");
  command
      .add_option(
          "--unit", request.unit,
          "observations (one for each jurisdiction that a message reaches) or messages (before that fan-out)")
      ->type_name("UNIT")
      ->capture_default_str();
  command.add_flag("--rollup", request.rollup,
                   "Also sums of every agency's subtree, and ICE total, HSI, ICE excluding HSI; with csv "
                   "these rows instead");
}

Question question_of(const ReportRequest& r, TimeNs lateness) {
  return {"/api/v1/report",
          {{"from", r.from},
           {"to", r.to},
           {"last", r.last},
           {"now", r.now == kNoTime ? "" : "true"},
           {"newest", r.newest_elsewhere == kNoTime ? "" : format_time(r.newest_elsewhere)},
           {"zone", r.zone},
           {"by", joined_by(r.by)},
           {"agency", r.agency},
           {"exclude", r.exclude},
           {"jurisdiction", r.jurisdiction},
           {"unit", r.unit},
           {"rollup", r.rollup ? "true" : ""}},
          [r, lateness](const Snapshot& snapshot) -> Expected<std::string> {
            auto report = make_report(snapshot, r, lateness);
            if (!report) return tl::unexpected<Error>(report.error());
            return to_json(std::move(*report));
          }};
}

// The newest event that any of them has counted; kNoTime: none has.
Expected<TimeNs> newest_of(const std::vector<std::string>& urls) {
  const auto answers = ask_each(urls, "/api/v1/status", {});
  if (!answers) return tl::unexpected<Error>(answers.error());
  TimeNs newest = kNoTime;
  for (const auto& [url, answer] : *answers) {
    const auto json = nlohmann::json::parse(answer, nullptr, false);
    const auto found = json.is_object() ? json.find("event_time_max") : json.end();
    if (found == json.end() || !(found->is_null() || found->is_string())) {
      return fail(ExitCode::temporary, url + ": no blockwatch daemon of this version answers there");
    }
    if (!found->is_null())
      newest = std::max(newest, parse_rfc3339(found->get<std::string>()).value_or(kNoTime));
  }
  return newest;
}

// Every daemon is asked for the same span, and told of the newest event that any of them has counted.
Expected<std::string> sum_of_daemons(const std::vector<std::string>& urls, const ReportRequest& words) {
  const auto newest = newest_of(urls);
  if (!newest) return tl::unexpected<Error>(newest.error());
  const auto request = with_common_span(words, *newest);
  if (!request) return tl::unexpected<Error>(request.error());
  const Question question = question_of(*request, 0);
  const auto answers = ask_each(urls, question.resource, question.parameters);
  if (!answers) return tl::unexpected<Error>(answers.error());
  std::vector<Named<Report>> reports;
  for (const auto& [url, answer] : *answers) {
    auto report = report_from_json(answer);
    if (!report) return fail(report.error().code, url + ": " + report.error().message);
    reports.push_back({url, std::move(*report)});
  }
  auto sum = sum_reports(std::move(reports));
  if (!sum) return tl::unexpected<Error>(sum.error());
  return to_json(std::move(*sum));
}

int run_report(const ReportOptions& options) {
  const auto lateness = parse_duration(options.lateness);
  if (!lateness) {
    return print_error(
        {ExitCode::usage, "bad --lateness '" + options.lateness + "' (such as 90s, 5m, 48h, 7d)"});
  }
  ReportRequest request = options.request;
  if (options.now) request.now = wall_clock_now();
  const auto& urls = options.places.urls;
  const auto answer = urls.size() < 2 ? ask(options.places.single(), question_of(request, *lateness))
                                      : sum_of_daemons(urls, request);
  return print_answer(answer, options.format, {report_text, report_csv});
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("report", "Who asked for what, and what came of it: the counts of a span");
  auto options = std::make_shared<ReportOptions>();
  add_places_options(*command, options->places);
  add_span_options(*command, options->request, options->now);
  add_word_options(*command, options->request);
  command
      ->add_option("--lateness", options->lateness,
                   "With --state-dir: the daemon's time.lateness, which decides when a report is final")
      ->type_name("DURATION")
      ->capture_default_str();
  add_format_option(*command, options->format);
  command->callback([options, &exit_code] { exit_code = run_report(*options); });
}

}  // namespace blockwatch
