#include <array>

#include <nlohmann/json.hpp>

#include "cli/json_text.h"
#include "cli/render.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string fsck_text(const Json& fsck, TextStyle style) {
  Table table;
  table.columns = {{"compared"}, {"rows", true}, {"wrong", true}};
  for (const Json& check : fsck.at("checks"))
    table.rows.push_back({text_at(check, "name"), check.at("compared").dump(), check.at("wrong").dump()});
  std::string out = to_text(table, style) + '\n';
  for (const Json& check : fsck.at("checks")) {
    const Json& differences = check.at("differences");
    if (differences.empty()) continue;
    out += bold(text_at(check, "name"), style) + '\n';
    for (const Json& difference : differences) out += wrapped(difference.get<std::string>(), "  ");
    const auto more = check.at("wrong").get<std::uint64_t>() - differences.size();
    if (more != 0) out += "  and " + with_separators(std::to_string(more)) + " more\n";
  }
  if (fsck.at("wrong") == 0) return out + "The state agrees with itself.\n";
  return out + warning_text("The state contradicts itself.", style) +
         " Keep a copy of it, then restore a backup (blockwatch restore),\nor count the input again into an "
         "empty "
         "directory (blockwatch replay).\n";
}

std::string fsck_csv(const Json& fsck) {
  constexpr std::array<const char*, 3> kColumns{"name", "compared", "wrong"};
  return listing_csv(fsck.at("checks"), kColumns);
}

}  // namespace blockwatch
