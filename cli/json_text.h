// What the renderers of listings share: reading their JSON, and how its parts are shown.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "cli/table.h"

namespace blockwatch {

/// The text that stands under `key`; nlohmann's exception if there is none.
inline std::string text_at(const nlohmann::ordered_json& object, const char* key) {
  return object.at(key).get<std::string>();
}

/// A text without its quotes, null as nothing.
std::string cell_text(const nlohmann::ordered_json& cell);

/// One row an object; each has all the columns, under their names.
std::string listing_csv(const nlohmann::ordered_json& list, std::span<const char* const> columns);

/// `label         value`; nothing where there is no value.
std::string labeled_line(std::string_view label, const std::string& value);

}  // namespace blockwatch
