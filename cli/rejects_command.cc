#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "query/rejects.h"

namespace blockwatch {
namespace {

struct RejectsOptions {
  Place place;
  RejectWords words;
  OutputFormat format = OutputFormat::table;
};

Question question_of(const RejectWords& words) {
  return {"/api/v1/rejects",
          {{"reason", words.reason}, {"partition", words.partition}, {"after", words.after}},
          [words](const Snapshot& s) { return rejects_json(s, words); }};
}

/// A daemon answers page by page; all pages as one.
Expected<std::string> ask_all(const Place& place, RejectWords words) {
  auto answer = ask(place, question_of(words));
  if (!answer) return answer;
  auto all = nlohmann::ordered_json::parse(*answer, nullptr, false);
  if (!all.is_object() || !all.contains("next")) return answer;
  while (all.contains("next")) {
    words.after = all["next"].get<std::string>();
    answer = ask(place, question_of(words));
    if (!answer) return answer;
    auto page = nlohmann::ordered_json::parse(*answer, nullptr, false);
    if (!page.is_object() || !page.contains("rejects")) return answer;
    for (auto& row : page["rejects"]) all["rejects"].push_back(std::move(row));
    all.erase("next");
    if (page.contains("next")) all["next"] = page["next"];
  }
  return all.dump();
}

int run_rejects(const RejectsOptions& options) {
  return print_answer(ask_all(options.place, options.words), options.format, {rejects_text, rejects_csv});
}

}  // namespace

void add_rejects_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("rejects", "Records that were no query event: where, why, how long");
  auto options = std::make_shared<RejectsOptions>();
  add_place_options(*command, options->place);
  command->add_option("--reason", options->words.reason, "Only of this reason, such as not_json")
      ->type_name("REASON");
  command->add_option("--partition", options->words.partition, "Only of this partition")->type_name("N");
  add_format_option(*command, options->format);
  command->callback([options, &exit_code] { exit_code = run_rejects(*options); });
}

}  // namespace blockwatch
