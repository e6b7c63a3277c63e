#include <memory>

#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "query/listings.h"

namespace blockwatch {
namespace {

struct AlertsOptions {
  Place place;
  IncidentFilter filter;
  std::string incident;  // of `show`: the id or its first characters
  OutputFormat format = OutputFormat::table;
};

Question incidents_question(const IncidentFilter& filter) {
  return {"/api/v1/incidents",
          {{"day", filter.day},
           {"kind", filter.kind},
           {"policy", filter.policy},
           {"jurisdiction", filter.jurisdiction},
           {"agency", filter.agency},
           {"incident", filter.incident}},
          [filter](const Snapshot& s) -> Expected<std::string> { return incidents_json(s, filter); }};
}

int run_list(const AlertsOptions& options) {
  return print_answer(ask(options.place, incidents_question(options.filter)), options.format,
                      {incidents_text, incidents_csv});
}

// The answer, refused unless it is about one incident.
Expected<std::string> only_one(const std::string& answer, const std::string& prefix) {
  const auto json = nlohmann::ordered_json::parse(answer, nullptr, false);
  if (!json.is_object() || !json.contains("incidents")) return answer;
  const auto& found = json["incidents"];
  if (found.empty()) {
    return fail(ExitCode::usage, "no incident '" + prefix + "' (blockwatch alerts list shows them all)");
  }
  if (found.size() > 1) {
    return fail(ExitCode::usage, std::to_string(found.size()) + " incidents begin with '" + prefix +
                                     "' (give more characters)");
  }
  return answer;
}

int run_show(const AlertsOptions& options) {
  IncidentFilter filter;
  filter.incident = options.incident;
  auto answer = ask(options.place, incidents_question(filter));
  if (answer) answer = only_one(*answer, options.incident);
  const auto text = [](const nlohmann::ordered_json& json, TextStyle style) {
    return incident_text(json.at("incidents").at(0), style);
  };
  return print_answer(answer, options.format, {text, incidents_csv});
}

}  // namespace

void add_alerts_command(CLI::App& app, int& exit_code) {
  auto* alerts = app.add_subcommand("alerts", "Incidents and the notifications sent about them");
  alerts->require_subcommand(1);
  auto options = std::make_shared<AlertsOptions>();

  auto* list = alerts->add_subcommand("list", "All incidents, by day, kind, policy, jurisdiction, agency");
  add_place_options(*list, options->place);
  list->add_option("--day", options->filter.day, "Only of this UTC day, such as 2025-11-12")
      ->type_name("DAY");
  list->add_option("--kind", options->filter.kind, "Only of this kind, such as block_leak")
      ->type_name("KIND");
  list->add_option("--policy", options->filter.policy, "Only of this policy")->type_name("ID");
  list->add_option("--jurisdiction", options->filter.jurisdiction, "Only of this jurisdiction, such as IL")
      ->type_name("XX");
  list->add_option("--agency", options->filter.agency, "Only of this agency, without those below it")
      ->type_name("NODE");
  add_format_option(*list, options->format);
  list->callback([options, &exit_code] { exit_code = run_list(*options); });

  auto* show = alerts->add_subcommand("show", "Everything known of one incident");
  show->add_option("incident", options->incident, "Its id, or the first characters of it")
      ->required()
      ->type_name("ID");
  add_place_options(*show, options->place);
  add_format_option(*show, options->format);
  show->callback([options, &exit_code] { exit_code = run_show(*options); });
}

}  // namespace blockwatch
