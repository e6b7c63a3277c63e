// What the JSON of reports and listings share.
#pragma once

#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

#include "query/report.h"

namespace blockwatch {

nlohmann::ordered_json to_json_value(const AsOf& as_of);

/// What is not known is null.
nlohmann::ordered_json time_or_null(TimeNs time);
nlohmann::ordered_json number_or_null(const std::optional<std::uint64_t>& number);

/// One line; bytes that are no UTF-8 become U+FFFD.
std::string dump_json(const nlohmann::ordered_json& value);

}  // namespace blockwatch
