#include "query/explain_fault.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace blockwatch::explain {
namespace {

using Json = nlohmann::json;

// In the order of the contract's table, in which faults are told.
constexpr std::array<std::string_view, 11> kFields{
    "id",      "time",   "message_key",     "origin",  "destinations", "channel",
    "purpose", "reason", "image_requested", "outcome", "results"};

/// An event that is faultless at the time of `reference`.
Json faultless(TimeNs reference) {
  return {{"id", "x"},
          {"time", format_time(reference == kNoTime ? 0 : reference)},
          {"message_key", "DQ"},
          {"origin", {{"ori", "AA0000000"}}},
          {"destinations", {"IL"}}};
}

class Probe {
 public:
  Probe(const SourceRecord& record, Parser& parser) : record_(record), parser_(parser) {}

  bool is_rejected(const Json& event) {
    const std::string payload = event.dump();
    SourceRecord record = record_;
    record.payload = payload;
    return parser_.parse(record, event_).has_value();
  }

  /// Whether a faultless event becomes a reject by this value of a field; null = absent.
  bool is_fault(std::string_view field, const Json& value) {
    Json event = faultless(record_.broker_time);
    event[std::string(field)] = value;
    return is_rejected(event);
  }

 private:
  const SourceRecord& record_;
  Parser& parser_;
  QueryEvent event_;
};

Json member(const Json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() ? Json() : *found;
}

std::string inside_origin(const Json& origin, Probe& probe) {
  if (!origin.is_object()) return "origin";
  return probe.is_fault("origin", {{"ori", member(origin, "ori")}}) ? "origin.ori" : "origin.line";
}

std::string inside_list(std::string_view field, const Json& list, Probe& probe) {
  if (list.is_array()) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (probe.is_fault(field, Json::array({list[i]})))
        return std::string(field) + "[" + std::to_string(i) + "]";
    }
  }
  return std::string(field);
}

}  // namespace

std::string field_at_fault(const SourceRecord& record, Parser& parser) {
  const Json event = Json::parse(record.payload, nullptr, false);
  Probe probe(record, parser);
  if (!event.is_object() || probe.is_rejected(faultless(record.broker_time))) return {};
  for (const std::string_view field : kFields) {
    const Json value = member(event, field);
    if (!probe.is_fault(field, value)) continue;
    if (field == "origin") return inside_origin(value, probe);
    if (field == "destinations" || field == "results") return inside_list(field, value, probe);
    return std::string(field);
  }
  return {};
}

}  // namespace blockwatch::explain
