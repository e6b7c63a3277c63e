// A valid message, made wrong in one place at a time.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/parse.h"

namespace blockwatch {

inline TimeNs at(std::string_view text) {
  const auto time = parse_rfc3339(text);
  EXPECT_TRUE(time.has_value()) << text;
  return time.value_or(0);
}

/// The broker's timestamp of every record unless a test says otherwise.
inline const TimeNs kReceived = at("2025-11-12T20:05:00Z");

/// Members as JSON text, in the order of the contract's table where it has them.
class Message {
 public:
  Message() {
    with("id", R"("a1-0001")")
        .with("time", R"("2025-11-12T14:03:27.41-06:00")")
        .with("message_key", R"("DQ")");
    with("origin", R"({"ori":"VTICE0900","line":"AX","user":"jdoe"})").with("destinations", R"(["IL","NY"])");
  }

  /// Replaces the member in its place, or appends it.
  Message& with(std::string_view name, std::string_view json) {
    for (auto& [n, value] : members_) {
      if (n == name) {
        value = json;
        return *this;
      }
    }
    members_.emplace_back(name, json);
    return *this;
  }
  Message& without(std::string_view name) {
    std::erase_if(members_, [&](const auto& member) { return member.first == name; });
    return *this;
  }
  std::string json() const {
    std::string text = "{";
    for (const auto& [name, value] : members_) {
      if (text.size() > 1) text += ',';
      text += '"' + name + "\":" + value;
    }
    return text + '}';
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

inline std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

inline std::string repeated(std::size_t times, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// What became of one payload. The event is of use if there is no reason; its id is kept apart, as it
/// borrows.
struct Parsed {
  std::optional<RejectReason> reason;
  QueryEvent event;
  std::string id;
};

inline Parsed parse(std::string_view payload, TimeNs broker_time = kReceived) {
  static Parser parser(65536);  // one for all, as in the product: nothing of a record may leak into the next
  Parsed parsed;
  // To its last byte and no further: a sanitizer sees whoever reads behind it.
  const std::vector<char> exact(payload.begin(), payload.end());
  parsed.reason = parser.parse(
      {.partition = 0, .offset = 0, .broker_time = broker_time, .payload = {exact.data(), exact.size()}},
      parsed.event);
  if (!parsed.reason) parsed.id = parsed.event.id;
  parsed.event.id = {};
  return parsed;
}

/// The name of the reason, or `accepted`.
inline std::string fate(std::string_view payload, TimeNs broker_time = kReceived) {
  const auto parsed = parse(payload, broker_time);
  return parsed.reason ? std::string(name_of(*parsed.reason)) : "accepted";
}
inline std::string fate(const Message& message, TimeNs broker_time = kReceived) {
  return fate(message.json(), broker_time);
}

}  // namespace blockwatch
