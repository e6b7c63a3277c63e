// The JSON of a report or a listing as text for people and as CSV: one renderer, wherever the JSON came from.
//
// Every function takes what query/ made (or a daemon sent); a text of another shape throws nlohmann's
// exception.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/table.h"

namespace blockwatch {

std::string report_text(const nlohmann::ordered_json& report, TextStyle style);
/// With a roll-up its rows, else the report's.
std::string report_csv(const nlohmann::ordered_json& report);

std::string completeness_text(const nlohmann::ordered_json& completeness, TextStyle style);
std::string completeness_csv(const nlohmann::ordered_json& completeness);

std::string incidents_text(const nlohmann::ordered_json& incidents, TextStyle style);
std::string incidents_csv(const nlohmann::ordered_json& incidents);
/// One element of `incidents`, everything known of it.
std::string incident_text(const nlohmann::ordered_json& incident, TextStyle style);

std::string explanation_text(const nlohmann::ordered_json& explanation, TextStyle style);

std::string rejects_text(const nlohmann::ordered_json& rejects, TextStyle style);
std::string rejects_csv(const nlohmann::ordered_json& rejects);

std::string gaps_text(const nlohmann::ordered_json& gaps, TextStyle style);
std::string gaps_csv(const nlohmann::ordered_json& gaps);

std::string fsck_text(const nlohmann::ordered_json& fsck, TextStyle style);
std::string fsck_csv(const nlohmann::ordered_json& fsck);

/// One screen: at most 80 columns, and 24 lines while there are few partitions and outputs.
std::string status_text(const nlohmann::ordered_json& status, TextStyle style);
/// One row a partition.
std::string status_csv(const nlohmann::ordered_json& status);

/// `text` broken at spaces into lines of at most kTableWidth, each after `indent`.
std::string wrapped(std::string_view text, std::string_view indent);

}  // namespace blockwatch
