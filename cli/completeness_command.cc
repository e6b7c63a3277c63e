#include <memory>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "query/listings.h"
#include "query/report_sum.h"

namespace blockwatch {
namespace {

struct CompletenessOptions {
  Places places;
  OutputFormat format = OutputFormat::table;
};

int run_completeness(const CompletenessOptions& options) {
  const Question question{"/api/v1/completeness", {}, [](const Snapshot& s) -> Expected<std::string> {
                            return completeness_json(s);
                          }};
  const auto answer = [&]() -> Expected<std::string> {
    if (options.places.urls.size() < 2) return ask(options.places.single(), question);
    const auto answers = ask_each(options.places.urls, question.resource, {});
    if (!answers) return tl::unexpected<Error>(answers.error());
    return sum_completeness(*answers);
  };
  return print_answer(answer(), options.format, {completeness_text, completeness_csv});
}

}  // namespace

void add_completeness_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("completeness", "What became of every record read, by partition");
  auto options = std::make_shared<CompletenessOptions>();
  add_places_options(*command, options->places);
  add_format_option(*command, options->format);
  command->callback([options, &exit_code] { exit_code = run_completeness(*options); });
}

}  // namespace blockwatch
