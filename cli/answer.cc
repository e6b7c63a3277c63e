#include "cli/answer.h"

#include <cstdio>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/terminal.h"

namespace blockwatch {
namespace {

Expected<std::string> ask_state(const std::string& dir, const Question& question) {
  auto store = Store::open(dir, Store::Access::read);
  if (!store) return tl::unexpected<Error>(store.error());
  const auto snapshot = (*store)->snapshot();
  return question.from_state(*snapshot);
}

constexpr const char* kUrlHelp = "A running daemon: http://127.0.0.1:8787 or unix:/run/blockwatch/api.sock";

CLI::Option_group* add_where_group(CLI::App& command, std::string& state_dir, const std::string& name,
                                   const std::string& description) {
  auto* group = command.add_option_group(name, description);
  group->add_option("--state-dir", state_dir, "Directory of a state that no daemon holds")->type_name("DIR");
  return group;
}

void add_url_option(CLI::Option_group& group, std::string& url) {
  group.add_option("--url", url, kUrlHelp)->type_name("URL");
}

int print_text(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return 0;
  return print_error({ExitCode::temporary, "standard output cannot be written"});
}

}  // namespace

void add_place_options(CLI::App& command, Place& place) {
  auto* group = add_where_group(command, place.state_dir, "Where", "The counts to ask: one of");
  add_url_option(*group, place.url);
  group->require_option(1);
}

void add_versions_place_options(CLI::App& command, Place& place) {
  auto* group =
      add_where_group(command, place.state_dir, "Judged by",
                      "The versions on record at the time of the event; neither: the configured files");
  add_url_option(*group, place.url);
  group->require_option(0, 1);
}

void add_places_options(CLI::App& command, Places& places) {
  auto* group = add_where_group(command, places.state_dir, "Where", "The counts to ask: one of");
  group
      ->add_option("--url", places.urls,
                   std::string(kUrlHelp) +
                       ". Again for each further daemon that shares the topic: the answer is their sum")
      ->type_name("URL")
      ->allow_extra_args(false);
  group->require_option(1);
}

void add_format_option(CLI::App& command, OutputFormat& format) {
  static const std::map<std::string, OutputFormat> kFormats{
      {"table", OutputFormat::table}, {"csv", OutputFormat::csv}, {"json", OutputFormat::json}};
  command.add_option("--format", format, "table (for people, the default), csv (RFC 4180) or json")
      ->transform(CLI::CheckedTransformer(kFormats).description(""))
      ->type_name("FORMAT");
}

Expected<std::string> ask(const Place& place, const Question& question) {
  if (place.url.empty()) return ask_state(place.state_dir, question);
  return http_get(place.url, question.resource, question.parameters);
}

Expected<std::vector<Named<std::string>>> ask_each(const std::vector<std::string>& urls,
                                                   const std::string& resource,
                                                   const QueryParameters& parameters) {
  std::vector<Named<std::string>> answers;
  for (const std::string& url : urls) {
    auto answer = http_get(url, resource, parameters);
    if (!answer && answer.error().message.find(url) == std::string::npos) {
      return fail(answer.error().code, url + ": " + answer.error().message);
    }
    if (!answer) return tl::unexpected<Error>(answer.error());
    answers.push_back({url, std::move(*answer)});
  }
  return answers;
}

int print_answer(const Expected<std::string>& answer, OutputFormat format, const Rendering& rendering) {
  if (!answer) return print_error(answer.error());
  if (format == OutputFormat::json) return print_text(*answer + '\n');
  try {
    const auto json = nlohmann::ordered_json::parse(*answer);
    return print_text(format == OutputFormat::csv ? rendering.csv(json)
                                                  : rendering.text(json, output_style()));
  } catch (const nlohmann::json::exception&) {
    return print_error({ExitCode::temporary,
                        "the answer is not the JSON of a blockwatch daemon of this version (check --url)"});
  }
}

int print_error(const Error& error) {
  std::fprintf(stderr, "blockwatch: %s\n", error.message.c_str());
  return static_cast<int>(error.code);
}

}  // namespace blockwatch
