// What an incident's counters look like as JSON: the same in a notification's body and in a listing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/domain.h"
#include "state/records.h"

namespace blockwatch {

/// Names with a count, bytewise sorted; those of zero are left out.
template <class Value, std::size_t kSize>
nlohmann::ordered_json counts_json(const std::array<std::uint64_t, kSize>& counts) {
  std::map<std::string_view, std::uint64_t> named;
  for (std::size_t i = 0; i < kSize; ++i) {
    if (counts[i] != 0) named[name_of(static_cast<Value>(i))] = counts[i];
  }
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const auto& [name, count] : named) out[std::string(name)] = count;
  return out;
}

nlohmann::ordered_json sighting_json(const Sighting& sighting);

}  // namespace blockwatch
