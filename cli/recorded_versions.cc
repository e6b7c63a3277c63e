#include "cli/recorded_versions.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "query/versions.h"

namespace blockwatch {
namespace {

using Json = nlohmann::json;

std::vector<StoredVersion> versions_of(const Json& list) {
  std::vector<StoredVersion> out;
  for (const Json& v : list) {
    const Json& from = v.at("activated_at");
    const auto time = from.is_null() ? kNoTime : parse_rfc3339(from.get<std::string>()).value_or(kNoTime);
    out.push_back({time, v.at("digest").get<std::string>()});
  }
  return out;
}

}  // namespace

Question versions_question(bool with_files) {
  return {"/api/v1/policy", {{"files", with_files ? "true" : ""}}, [with_files](const Snapshot& s) {
            return Expected<std::string>(versions_json(s, with_files));
          }};
}

Expected<RulesetHistory> recorded_versions(const Place& place) {
  const auto answer = ask(place, versions_question(true));
  if (!answer) return tl::unexpected(answer.error());
  const auto json = std::make_shared<const Json>(Json::parse(*answer, nullptr, false));
  try {
    const Json& policies = json->at("policies");
    const Json& catalogs = json->at("catalogs");
    if (policies.empty() || catalogs.empty())
      return fail(ExitCode::usage, "this state was counted under no policy yet");
    return RulesetHistory(versions_of(policies), versions_of(catalogs),
                          [json](VersionKind kind, std::size_t index) {
                            return json->at(kind == VersionKind::policy ? "policies" : "catalogs")
                                .at(index)
                                .at("files")
                                .get<std::vector<std::string>>();
                          });
  } catch (const Json::exception&) {
    return fail(ExitCode::temporary, "the answer is not that of a blockwatch daemon of this version");
  }
}

}  // namespace blockwatch
