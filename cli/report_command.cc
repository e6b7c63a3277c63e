#include <memory>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "query/report.h"

namespace blockwatch {
namespace {

struct ReportOptions {
  Place place;
  ReportRequest request;
  std::string lateness = "48h";
  OutputFormat format = OutputFormat::table;
};

std::string joined_by(const std::vector<std::string>& by) {
  std::string out;
  for (const auto& name : by) out += (out.empty() ? "" : ",") + name;
  return out;
}

void add_span_options(CLI::App& command, ReportRequest& request) {
  auto* from =
      command.add_option("--from", request.from, "Begin of the span: RFC 3339, or a plain date in the zone")
          ->type_name("TIME");
  auto* to = command.add_option("--to", request.to, "End of the span, not in it any more")
                 ->type_name("TIME")
                 ->needs(from);
  from->needs(to);
  command
      .add_option("--last", request.last,
                  "Instead: 5m, 1h, 24h, 7d, 30d or 365d up to the newest event counted")
      ->type_name("SPAN")
      ->excludes(from)
      ->excludes(to);
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

int run_report(const ReportOptions& options) {
  const auto lateness = parse_duration(options.lateness);
  if (!lateness) {
    return print_error(
        {ExitCode::usage, "bad --lateness '" + options.lateness + "' (such as 90s, 5m, 48h, 7d)"});
  }
  const ReportRequest& r = options.request;
  const Question question{"/api/v1/report",
                          {{"from", r.from},
                           {"to", r.to},
                           {"last", r.last},
                           {"zone", r.zone},
                           {"by", joined_by(r.by)},
                           {"agency", r.agency},
                           {"exclude", r.exclude},
                           {"jurisdiction", r.jurisdiction},
                           {"unit", r.unit},
                           {"rollup", r.rollup ? "true" : ""}},
                          [&](const Snapshot& snapshot) -> Expected<std::string> {
                            const auto report = make_report(snapshot, r, *lateness);
                            if (!report) return tl::unexpected<Error>(report.error());
                            return to_json(*report);
                          }};
  return print_answer(ask(options.place, question), options.format, {report_text, report_csv});
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("report", "Who asked for what, and what came of it: the counts of a span");
  auto options = std::make_shared<ReportOptions>();
  add_place_options(*command, options->place);
  add_span_options(*command, options->request);
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
