#include "config/policy_history.h"

#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "config/file_text.h"
#include "config/version_spans.h"

namespace blockwatch {
namespace {

using nlohmann::json;

constexpr std::string_view kShape =
    R"(write {"policies": [{"file": "policy-0.toml"}, {"file": "policy-1.toml", "activated_at": "2025-03-01T12:00:00Z"}],)"
    R"( "catalogs": [{"agencies": "agencies-0.toml", "oris": "oris-0.csv"}]})";

/// A list of history.json with the names of its files, for the diagnostics.
struct ReadList {
  std::vector<RecordedVersion> versions;
  std::vector<std::vector<std::string>> names;
};

class HistoryReader {
 public:
  HistoryReader(std::string folder, Diagnostics& diagnostics)
      : folder_(std::move(folder)), path_(folder_ + '/' + kHistoryFile), diagnostics_(diagnostics) {}

  std::optional<json> document() {
    const auto bytes = read_file(path_);
    if (!bytes) {
      error("cannot be read: " + bytes.error(), "give the folder that `blockwatch policy export` wrote");
      return std::nullopt;
    }
    json parsed = json::parse(*bytes, nullptr, false);
    if (!parsed.is_object()) {
      error("is no JSON object", std::string(kShape));
      return std::nullopt;
    }
    for (const auto& [key, value] : parsed.items()) {
      if (key != "policies" && key != "catalogs")
        error("unknown key " + json(key).dump(), "known: policies, catalogs");
    }
    return parsed;
  }

  template <std::size_t kFiles>
  ReadList list(const json& document, const char* key, const std::array<const char*, kFiles>& files) {
    ReadList read;
    const auto found = document.find(key);
    if (found == document.end()) return read;
    if (!found->is_array() || found->empty()) {
      error(std::string(key) + " is no list of versions, or an empty one", std::string(kShape));
      return read;
    }
    for (const json& entry : *found) {
      const std::string subject = std::string(key) + "[" + std::to_string(read.versions.size()) + "]";
      RecordedVersion& version = read.versions.emplace_back();
      auto& names = read.names.emplace_back();
      for (const char* file : files) {
        names.push_back(folder_ + '/' + text(entry, file, subject));
        version.files.push_back(contents(names.back(), subject));
      }
      const TimeNs before = read.versions.size() > 1 ? read.versions.end()[-2].activated_at : kNoTime;
      version.activated_at = activated_at(entry, subject, read.versions.size() == 1, before);
    }
    return read;
  }

 private:
  void error(std::string what, std::string hint) {
    diagnostics_.add({path_, 0, 0, std::move(what), std::move(hint)});
  }

  std::string text(const json& entry, const char* key, const std::string& subject) {
    if (entry.is_object()) {
      const auto at = entry.find(key);
      if (at != entry.end() && at->is_string() && at->get<std::string>().find('/') == std::string::npos)
        return at->get<std::string>();
    }
    error(subject + ": needs " + key + ", the name of a file in this folder", std::string(kShape));
    return {};
  }

  std::string contents(const std::string& path, const std::string& subject) {
    auto bytes = read_file(path);
    if (bytes) return std::move(*bytes);
    error(subject + ": " + path + " cannot be read: " + bytes.error(), "put the file into this folder");
    return {};
  }

  TimeNs activated_at(const json& entry, const std::string& subject, bool first, TimeNs before) {
    const auto found = entry.is_object() ? entry.find("activated_at") : entry.end();
    const bool absent = !entry.is_object() || found == entry.end() || found->is_null();
    if (first) {
      if (!absent) error(subject + ": the first version holds for all time", "leave its activated_at out");
      return kNoTime;
    }
    const auto time =
        absent || !found->is_string() ? std::nullopt : parse_rfc3339(found->get_ref<const std::string&>());
    if (!time || *time % kMinute != 0) {
      error(subject + ": activated_at is no full minute",
            "every version but the first has one, such as \"2025-03-01T12:00:00Z\"");
      return before;
    }
    if (*time <= before)
      error(subject + ": activated_at is not after that of the version before", "list versions by time");
    return *time;
  }

  std::string folder_, path_;
  Diagnostics& diagnostics_;
};

// Parses each catalog once and each policy under each catalog that it meets.
void check_pairs(const ReadList& policies, const ReadList& catalogs, PolicyHistory& history,
                 Diagnostics& diagnostics) {
  std::vector<std::optional<Catalog>> parsed;
  parsed.reserve(history.catalogs.size());
  for (std::size_t i = 0; i < history.catalogs.size(); ++i) {
    RecordedVersion& v = history.catalogs[i];
    parsed.push_back(
        parse_catalog(catalogs.names[i][0], v.files[0], catalogs.names[i][1], v.files[1], diagnostics));
    if (parsed.back()) v.digest = parsed.back()->digest;
  }
  for (const VersionSpan& span :
       version_spans(activation_times(history.policies), activation_times(history.catalogs))) {
    if (!parsed[span.catalog]) continue;
    RecordedVersion& v = history.policies[span.policy];
    const auto policy =
        parse_policy(policies.names[span.policy][0], v.files[0], *parsed[span.catalog], diagnostics);
    if (policy) v.digest = policy->digest;
  }
}

}  // namespace

std::optional<PolicyHistory> read_policy_history(const std::string& folder, const Configuration& configured,
                                                 Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  HistoryReader reader(folder, diagnostics);
  const auto document = reader.document();
  if (!document) return std::nullopt;
  ReadList policies = reader.list(*document, "policies", std::array{"file"});
  ReadList catalogs = reader.list(*document, "catalogs", std::array{"agencies", "oris"});
  const Settings& settings = configured.settings();
  if (policies.versions.empty()) {
    policies = {{{kNoTime, configured.policy.digest, {configured.policy.bytes}}}, {{settings.policy_file}}};
  }
  if (catalogs.versions.empty()) {
    const Catalog& catalog = configured.catalog;
    catalogs = {{{kNoTime, catalog.digest, {catalog.agencies_bytes, catalog.oris_bytes}}},
                {{settings.agencies_file, settings.oris_file}}};
  }
  PolicyHistory history{std::move(policies.versions), std::move(catalogs.versions)};
  if (diagnostics.size() == before) check_pairs(policies, catalogs, history, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  return history;
}

}  // namespace blockwatch
