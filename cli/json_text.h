// What the renderers of listings read from their JSON.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace blockwatch {

/// The text that stands under `key`; nlohmann's exception if there is none.
inline std::string text_at(const nlohmann::ordered_json& object, const char* key) {
  return object.at(key).get<std::string>();
}

}  // namespace blockwatch
