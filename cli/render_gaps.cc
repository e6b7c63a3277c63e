#include <array>

#include <nlohmann/json.hpp>

#include "cli/json_text.h"
#include "cli/render.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string gaps_text(const Json& gaps, TextStyle style) {
  const Json& list = gaps.at("gaps");
  if (list.empty()) return "No gaps.\n";
  std::string out;
  bool is_halted = false;
  for (const Json& gap : list) {
    const bool halted = text_at(gap, "state") == "halted";
    is_halted = is_halted || halted;
    const std::string head = text_at(gap, "topic") + "/" + gap.at("partition").dump() + "  " +
                             text_at(gap, "kind") + "  " + text_at(gap, "state");
    out += (halted ? warning_text(head, style) : bold(head, style)) + '\n';
    out += wrapped(text_at(gap, "what"), "  ");
    for (const auto& [title, key] :
         {std::pair("found at", "found_at"), std::pair("decided at", "decided_at"),
          std::pair("position", "position"), std::pair("log start", "log_start"),
          std::pair("log end", "log_end"), std::pair("resumed at", "resumed_at"),
          std::pair("missing", "missing"), std::pair("events after", "after_event_time"),
          std::pair("events until", "until_event_time"), std::pair("note", "note")}) {
      const std::string line = labeled_line(title, cell_text(gap.at(key)));
      if (!line.empty()) out += "  " + line;
    }
    out += '\n';
  }
  if (is_halted) {
    out +=
        "To go on: stop the daemon, then blockwatch gaps accept TOPIC/PARTITION --state-dir DIR --resume "
        "WHERE\n";
  }
  return out;
}

std::string gaps_csv(const Json& gaps) {
  constexpr std::array<const char*, 15> kColumns{
      "topic",    "partition", "kind",    "state",      "found_at", "decided_at",       "epoch",
      "position", "log_start", "log_end", "resumed_at", "missing",  "after_event_time", "until_event_time",
      "note"};
  return listing_csv(gaps.at("gaps"), kColumns);
}

}  // namespace blockwatch
