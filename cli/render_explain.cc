#include <algorithm>
#include <cstddef>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/json_text.h"
#include "cli/render.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string joined(const Json& texts, const char* between) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : between) + text.get<std::string>();
  return out;
}

/// "NAME  what is said of it", further lines under the first word of what is said.
std::string entry(const std::string& name, const std::string& said, std::size_t indent, std::size_t width) {
  const std::string body = wrapped(said, std::string(indent + width + 2, ' '));
  return std::string(indent, ' ') + padded(name, width) + body.substr(std::min(indent + width, body.size()));
}

std::string incident_text(const Json& incident) {
  return text_at(incident, "kind") + " (" + text_at(incident, "severity") + ")";
}

std::string message_text(const Json& message) {
  return "  " + text_at(message, "time") + "  key " + text_at(message, "message_key") + ", class " +
         text_at(message, "class") + (message.at("photo").get<bool>() ? " with photo" : "") + ", channel " +
         text_at(message, "channel") + '\n';
}

std::string asker_text(const Json& asker, TextStyle style) {
  std::string out = bold("Who asked: " + text_at(asker, "agency"), style) + " (ORI " + text_at(asker, "ori") +
                    ", by " + text_at(asker, "how") + ")\n";
  for (const auto& step : asker.at("steps"))
    out +=
        entry((step.at("hit").get<bool>() ? "> " : "  ") + text_at(step, "step"), text_at(step, "why"), 2, 9);
  for (const auto& one : asker.at("look_alikes")) out += entry("  look-alike", text_at(one, "why"), 2, 12);
  if (const Json& incident = asker.at("incident"); !incident.is_null())
    out += "  raises " + incident_text(incident) + ": " + text_at(incident, "why") + '\n';
  return out;
}

std::string destinations_text(const Json& destinations, TextStyle style) {
  std::string out = bold("Destinations", style) + '\n';
  std::size_t place = 0;
  for (const auto& d : destinations) {
    ++place;
    if (!d.at("usable").get<bool>()) {
      out += "  entry " + std::to_string(place) + " is unusable (bad_destination_partial)\n";
      continue;
    }
    const Json& reached = d.at("jurisdictions");
    std::string said = reached.empty() ? "reaches no jurisdiction"
                       : reached.size() == 1 && reached[0] == d.at("destination")
                           ? "named"
                           : text_at(d, "via") + ": " + joined(reached, " ");
    if (!d.at("known").get<bool>()) said += "; a code that no table knows (unknown_codes)";
    out += entry(text_at(d, "destination"), said, 2, 9);
  }
  return out;
}

std::string policies_text(const Json& jurisdiction) {
  std::size_t width = 4;
  for (const char* list : {"policies", "others"}) {
    for (const auto& policy : jurisdiction.at(list))
      width = std::max(width, text_at(policy, "policy").size());
  }
  width = std::min<std::size_t>(width, 24);
  std::string out;
  for (const auto& policy : jurisdiction.at("policies")) {
    out += entry(text_at(policy, "policy"), text_at(policy, "verdict") + ": " + text_at(policy, "why"), 4,
                 width);
    if (!policy.contains("exceptions")) continue;
    for (const auto& exception : policy.at("exceptions"))
      out += entry("", "not \"" + text_at(exception, "reference") + "\": " + text_at(exception, "why"), 4,
                   width);
  }
  for (const auto& policy : jurisdiction.at("others"))
    out += entry(text_at(policy, "policy"), "no: " + joined(policy.at("why"), "; "), 4, width);
  for (const auto& incident : jurisdiction.at("incidents"))
    out += "    raises " + incident_text(incident) + " of " + text_at(incident, "policy") + '\n';
  return out.empty() ? "    no policy speaks of it\n" : out;
}

/// What is said of a jurisdiction, but for its name: many of a broadcast read the same.
std::string judged_text(const Json& jurisdiction, TextStyle style) {
  const Json& verdict = jurisdiction.at("verdict");
  std::string out = " (" + text_at(jurisdiction, "via") + ", " + text_at(jurisdiction, "outcome") + "): ";
  out += verdict.is_null() ? "no observation" : "verdict " + verdict.get<std::string>();
  if (jurisdiction.at("leak").get<bool>()) out += ", " + warning_text("a LEAK", style);
  return out + '\n' + policies_text(jurisdiction);
}

std::string jurisdictions_text(const Json& jurisdictions, TextStyle style) {
  std::vector<std::pair<std::string, std::string>> groups;  // what is said, of whom
  for (const auto& jurisdiction : jurisdictions) {
    const std::string said = judged_text(jurisdiction, style);
    const std::string code = text_at(jurisdiction, "jurisdiction");
    const auto same =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == said; });
    if (same == groups.end()) {
      groups.emplace_back(said, code);
    } else {
      same->second += " " + code;
    }
  }
  std::string out;
  for (const auto& [said, codes] : groups) out += '\n' + bold(codes, style) + said;
  return out;
}

}  // namespace

std::string explanation_text(const Json& explanation, TextStyle style) {
  const std::string fate = text_at(explanation, "fate");
  std::string head = fate == "rejected"  ? "Rejected: " + text_at(explanation, "reason")
                     : fate == "counted" ? "Counted"
                                         : "Out of scope";
  if (explanation.contains("field")) head += " (" + text_at(explanation, "field") + ")";
  std::string out = bold(head, style) + '\n' + wrapped(text_at(explanation, "why"), "  ");
  if (fate != "counted") return out;
  out += message_text(explanation.at("message"));
  out += '\n' + asker_text(explanation.at("asker"), style);
  out += '\n' + destinations_text(explanation.at("destinations"), style);
  return out + jurisdictions_text(explanation.at("jurisdictions"), style);
}

}  // namespace blockwatch
