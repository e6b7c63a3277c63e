#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/end_process.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/recorded_versions.h"
#include "cli/render.h"
#include "config/file_text.h"
#include "pipeline/parse.h"
#include "pipeline/parse_text.h"
#include "pipeline/ruleset_history.h"
#include "query/explain.h"

namespace blockwatch {
namespace {

struct ExplainOptions {
  std::string config, event, as_of;
  Place place;           // both empty: the configured policy and catalog
  std::size_t line = 0;  // from 1; 0: the file's only event, or its first line
  OutputFormat format = OutputFormat::table;
};

Expected<std::string> read_input(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  auto bytes = read_file(path);
  if (!bytes) return fail(ExitCode::usage, "cannot read " + path + ": " + bytes.error());
  return std::move(*bytes);
}

/// Line `number` from 1, without its end; none: there are not as many.
std::optional<std::string_view> line_of(std::string_view text, std::size_t number) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (--number == 0) return text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

/// A file that is one JSON value may be laid out over many lines; of any other the first line counts.
std::string_view only_event(std::string_view text) {
  const std::size_t end = text::first_value_end(text);
  if (end != std::string_view::npos && text::is_blank(text.substr(end))) return text.substr(0, end);
  return line_of(text, 1).value_or(std::string_view());
}

/// By what is on record at a state, else by the configured files for all time.
Expected<RulesetHistory> judged_by(const Place& place, const Configuration& configuration) {
  if (!place.state_dir.empty() || !place.url.empty()) return recorded_versions(place);
  return RulesetHistory::always(Ruleset::compile(std::make_shared<const Catalog>(configuration.catalog),
                                                 std::make_shared<const Policy>(configuration.policy)));
}

Expected<std::string> explained(const ExplainOptions& options, const Configuration& configuration) {
  ExplainInput input;
  input.record_bytes_max = configuration.settings().source.record_bytes_max;
  input.as_of = wall_clock_now();
  if (!options.as_of.empty()) {
    const auto time = read_as_of(options.as_of);
    if (!time) return tl::unexpected(time.error());
    input.as_of = *time;
  }
  const auto text = read_input(options.event);
  if (!text) return tl::unexpected(text.error());
  const auto payload = options.line == 0 ? only_event(*text) : line_of(*text, options.line);
  if (!payload) return fail(ExitCode::usage, options.event + " has no line " + std::to_string(options.line));
  input.payload = *payload;
  const auto history = judged_by(options.place, configuration);
  if (!history) return tl::unexpected(history.error());
  std::shared_ptr<const Ruleset> ruleset;
  Parser parser(input.record_bytes_max, configuration.settings().source.mapping);
  return explain_json(input, parser, [&](TimeNs time) -> const Ruleset& {
    auto found = history->ruleset(history->span_at(time));
    if (!found) end_process(found.error());
    ruleset = std::move(*found);
    return *ruleset;
  });
}

int run_explain(const ExplainOptions& options) {
  Diagnostics diagnostics;
  const auto configuration = load_configuration(options.config, diagnostics);
  if (!configuration) {
    print_diagnostics(diagnostics);
    return static_cast<int>(ExitCode::bad_config);
  }
  return print_answer(explained(options, *configuration), options.format, {explanation_text, {}});
}

}  // namespace

void add_explain_command(CLI::App& app, int& exit_code) {
  static const std::map<std::string, OutputFormat> kFormats{{"text", OutputFormat::table},
                                                            {"json", OutputFormat::json}};
  auto* command = app.add_subcommand(
      "explain", "What becomes of one event, and why: who asked, which policies match, which do not");
  auto options = std::make_shared<ExplainOptions>();
  add_config_option(*command, options->config);
  add_versions_place_options(*command, options->place);
  command
      ->add_option("--event", options->event,
                   "File with the event; of several lines the first is taken. \"-\" = standard input")
      ->required()
      ->type_name("FILE");
  command->add_option("--line", options->line, "Take this line of the file, counted from 1")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command
      ->add_option("--as-of", options->as_of,
                   "The time that future and too old events are told by. Default: now")
      ->type_name("TIME");
  command->add_option("--format", options->format, "text (the default) or json")
      ->transform(CLI::CheckedTransformer(kFormats).description(""))
      ->type_name("FORMAT");
  command->callback([options, &exit_code] { exit_code = run_explain(*options); });
}

}  // namespace blockwatch
