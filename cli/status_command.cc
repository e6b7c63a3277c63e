#include <memory>
#include <optional>

#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/http_get.h"
#include "cli/render.h"
#include "query/status.h"
#include "state/space.h"
#include "state/store.h"

namespace blockwatch {
namespace {

struct StatusOptions {
  Place place;
  OutputFormat format = OutputFormat::table;
};

Expected<std::string> of_state(const std::string& dir) {
  const auto store = Store::open(dir, Store::Access::read);
  if (!store) return tl::unexpected<Error>(store.error());
  StatusInput input;
  input.now = wall_clock_now();
  input.state_dir = dir;
  if (const auto free = free_bytes_of(dir)) input.disk_free_bytes = *free;
  return status_json(**store, input);
}

int run_status(const StatusOptions& options) {
  const Place& place = options.place;
  return print_answer(
      place.url.empty() ? of_state(place.state_dir) : http_get(place.url, "/api/v1/status", {}),
      options.format, {status_text, status_csv});
}

}  // namespace

void add_status_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("status", "On one screen: where everything stands, and what needs attention first");
  auto options = std::make_shared<StatusOptions>();
  add_place_options(*command, options->place);
  add_format_option(*command, options->format);
  command->callback([options, &exit_code] { exit_code = run_status(*options); });
}

}  // namespace blockwatch
