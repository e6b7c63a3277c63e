#include "cli/json_text.h"

namespace blockwatch {

using Json = nlohmann::ordered_json;

std::string cell_text(const Json& cell) {
  return cell.is_string() ? cell.get<std::string>() : cell.is_null() ? "" : cell.dump();
}

std::string listing_csv(const Json& list, std::span<const char* const> columns) {
  Table table;
  for (const char* c : columns) table.columns.push_back({c, false});
  for (const Json& object : list) {
    std::vector<std::string> row;
    for (const char* c : columns) row.push_back(cell_text(object.at(c)));
    table.rows.push_back(std::move(row));
  }
  return to_csv(table);
}

std::string labeled_line(std::string_view label, const std::string& value) {
  constexpr std::size_t kWidth = 14;
  return value.empty() ? std::string()
                       : std::string(label) + std::string(kWidth - label.size(), ' ') + value + '\n';
}

}  // namespace blockwatch
