// Where a question goes (a state directory or a running daemon) and how its answer is printed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "cli/http_get.h"
#include "cli/table.h"
#include "query/report_sum.h"
#include "state/store.h"

namespace blockwatch {

/// `--state-dir D | --url U`, one of them.
struct Place {
  std::string state_dir, url;
};
void add_place_options(CLI::App& command, Place& place);
/// The same for a command that judges by what is on record there, or by neither (both empty).
void add_versions_place_options(CLI::App& command, Place& place);

/// `--state-dir D | --url U …`: a state, or daemons that share a topic.
struct Places {
  std::string state_dir;
  std::vector<std::string> urls;
  /// Of a question that goes to one of them only.
  Place single() const { return {state_dir, urls.empty() ? std::string() : urls.front()}; }
};
void add_places_options(CLI::App& command, Places& places);

enum class OutputFormat { table, csv, json };
void add_format_option(CLI::App& command, OutputFormat& format);

/// One question, for both ways to ask it.
struct Question {
  std::string resource;  // "/api/v1/report"
  QueryParameters parameters;
  std::function<Expected<std::string>(const Snapshot&)> from_state;
};

/// The JSON that answers. Errors: what the state or the daemon refuses.
Expected<std::string> ask(const Place& place, const Question& question);

/// What each daemon answers; the first refusal names its URL.
Expected<std::vector<Named<std::string>>> ask_each(const std::vector<std::string>& urls,
                                                   const std::string& resource,
                                                   const QueryParameters& parameters);

/// How a command shows its JSON.
struct Rendering {
  std::function<std::string(const nlohmann::ordered_json&, TextStyle)> text;
  std::function<std::string(const nlohmann::ordered_json&)> csv;
};

/// Prints the answer to standard output or its error to standard error; the exit code.
int print_answer(const Expected<std::string>& answer, OutputFormat format, const Rendering& rendering);

/// `blockwatch: MESSAGE` on standard error; the exit code.
int print_error(const Error& error);

}  // namespace blockwatch
