#include <memory>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "query/listings.h"

namespace blockwatch {
namespace {

struct CompletenessOptions {
  Place place;
  OutputFormat format = OutputFormat::table;
};

int run_completeness(const CompletenessOptions& options) {
  const Question question{"/api/v1/completeness", {}, [](const Snapshot& s) -> Expected<std::string> {
                            return completeness_json(s);
                          }};
  return print_answer(ask(options.place, question), options.format, {completeness_text, completeness_csv});
}

}  // namespace

void add_completeness_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("completeness", "What became of every record read, by partition");
  auto options = std::make_shared<CompletenessOptions>();
  add_place_options(*command, options->place);
  add_format_option(*command, options->format);
  command->callback([options, &exit_code] { exit_code = run_completeness(*options); });
}

}  // namespace blockwatch
