// What the JSON of reports and listings share.
#pragma once

#include <nlohmann/json.hpp>

#include "query/report.h"

namespace blockwatch {

nlohmann::ordered_json to_json_value(const AsOf& as_of);

/// One line; bytes that are no UTF-8 become U+FFFD.
std::string dump_json(const nlohmann::ordered_json& value);

}  // namespace blockwatch
