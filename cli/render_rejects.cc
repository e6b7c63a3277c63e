#include <array>
#include <cstddef>

#include <nlohmann/json.hpp>

#include "cli/json_text.h"
#include "cli/render.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kHashShown = 16;

}  // namespace

std::string rejects_text(const Json& rejects, TextStyle style) {
  const Json& list = rejects.at("rejects");
  if (list.empty()) return "No rejects.\n";
  Table table{{{"topic", false},
               {"reason", false, true},
               {"hash", false, true},
               {"partition", true},
               {"offset", true},
               {"length", true}},
              {},
              {}};
  for (const auto& r : list) {
    table.rows.push_back({text_at(r, "topic"), text_at(r, "reason"), text_at(r, "hash").substr(0, kHashShown),
                          r.at("partition").dump(), r.at("offset").dump(), r.at("length").dump()});
  }
  const std::string count =
      with_separators(std::to_string(list.size())) + (list.size() == 1 ? " reject" : " rejects");
  return bold(count, style) + "\n\n" + to_text(table, style);
}

std::string rejects_csv(const Json& rejects) {
  constexpr std::array<const char*, 6> kColumns{"topic", "partition", "offset", "reason", "length", "hash"};
  return listing_csv(rejects.at("rejects"), kColumns);
}

}  // namespace blockwatch
