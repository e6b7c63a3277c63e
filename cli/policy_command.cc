// `blockwatch policy log|export`: under which policies and catalogs a state was counted.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/recorded_versions.h"
#include "config/policy_history.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

struct PolicyWords {
  Place place;
  OutputFormat format = OutputFormat::table;
  std::string folder;
};

Table versions_table(const Json& answer) {
  Table table{{{"what"}, {"holds from"}, {"digest", false, true}, {"note"}}, {}, {}};
  for (const auto& [list, what] : {std::pair("policies", "policy"), std::pair("catalogs", "catalog")}) {
    for (const Json& v : answer.at(list)) {
      table.rows.push_back({what,
                            v.at("activated_at").is_null() ? "ever" : v.at("activated_at").get<std::string>(),
                            v.at("digest").get<std::string>(),
                            v.at("superseded").get<bool>() ? "replaced in its minute" : ""});
    }
  }
  return table;
}

Expected<void> write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  if (out) return {};
  return fail(ExitCode::temporary,
              path.string() + " cannot be written: " + std::generic_category().message(errno));
}

/// Writes the files of one list and returns its part of history.json; what never came into force stays out.
Expected<Json> export_list(const Json& versions, const std::filesystem::path& folder,
                           const std::vector<std::pair<const char*, const char*>>& names) {
  Json list = Json::array();
  for (const Json& v : versions) {
    if (v.at("superseded").get<bool>()) continue;
    Json entry = Json::object();
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto& [key, extension] = names[i];
      const std::string stem = key == std::string_view("file") ? "policy" : key;
      const std::string name = stem + '-' + std::to_string(list.size()) + extension;
      if (auto done = write_file(folder / name, v.at("files").at(i).get<std::string>()); !done)
        return tl::unexpected(done.error());
      entry[key] = name;
    }
    if (!v.at("activated_at").is_null()) entry["activated_at"] = v.at("activated_at");
    list.push_back(std::move(entry));
  }
  return list;
}

Expected<std::size_t> export_history(const Json& answer, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_empty(folder, error) || error) {
    return fail(ExitCode::usage, folder.string() + (error ? ": " + error.message() : " is not empty") +
                                     " (name a new or empty folder)");
  }
  auto policies = export_list(answer.at("policies"), folder, {{"file", ".toml"}});
  if (!policies) return tl::unexpected(policies.error());
  auto catalogs = export_list(answer.at("catalogs"), folder, {{"agencies", ".toml"}, {"oris", ".csv"}});
  if (!catalogs) return tl::unexpected(catalogs.error());
  const std::size_t count = policies->size() + catalogs->size();
  const Json history{{"policies", std::move(*policies)}, {"catalogs", std::move(*catalogs)}};
  if (auto done = write_file(folder / kHistoryFile, history.dump(1) + '\n'); !done)
    return tl::unexpected(done.error());
  return count;
}

int run_log(const PolicyWords& words) {
  return print_answer(
      ask(words.place, versions_question(false)), words.format,
      {[](const Json& answer, TextStyle style) { return to_text(versions_table(answer), style); },
       [](const Json& answer) { return to_csv(versions_table(answer)); }});
}

int run_export(const PolicyWords& words) {
  const auto answer = ask(words.place, versions_question(true));
  if (!answer) return print_error(answer.error());
  const Json parsed = Json::parse(*answer, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("policies"))
    return print_error(
        {ExitCode::temporary, "the answer is not that of a blockwatch daemon of this version"});
  const auto written = export_history(parsed, words.folder);
  if (!written) return print_error(written.error());
  std::printf("%zu versions written to %s; `blockwatch replay --policy-history %s` judges by them\n",
              *written, words.folder.c_str(), words.folder.c_str());
  return 0;
}

}  // namespace

void add_policy_command(CLI::App& app, int& exit_code) {
  auto* policy = app.add_subcommand("policy", "Under which policies and catalogs a state was counted");
  policy->require_subcommand(1);
  auto words = std::make_shared<PolicyWords>();

  auto* log = policy->add_subcommand("log", "Every version and from when on it holds");
  add_place_options(*log, words->place);
  add_format_option(*log, words->format);
  log->callback([words, &exit_code] { exit_code = run_log(*words); });

  auto* save =
      policy->add_subcommand("export", "Write every version to a folder, for replay --policy-history");
  add_place_options(*save, words->place);
  save->add_option("folder", words->folder, "A new or empty folder")->required()->type_name("DIR");
  save->callback([words, &exit_code] { exit_code = run_export(*words); });
}

}  // namespace blockwatch
