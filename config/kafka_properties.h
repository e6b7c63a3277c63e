// librdkafka's properties as [source.kafka] and [output.kafka] hand them on, and those that are refused
// because they would break a promise.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/reader.h"

namespace blockwatch {

struct RefusedProperty {
  std::string_view name;
  std::string_view reason;
};
std::span<const RefusedProperty> refused_kafka_properties();

/// Reads the table whose key is `subject` ("source.kafka"): texts, whole numbers and booleans, as librdkafka
/// spells them; an unquoted dotted key means the same as a quoted one.
std::map<std::string, std::string> read_kafka_properties(const toml::Entry& table, std::string_view subject,
                                                         Reporter& reporter);

/// As a TOML inline table; passwords and private keys as "***".
std::string show_kafka_properties(const std::map<std::string, std::string>& properties);

/// One of them that is a whole number; none: it is not set, or is none, which librdkafka refuses.
std::optional<std::uint64_t> whole_number(const std::map<std::string, std::string>& properties,
                                          const std::string& name);

/// What they say that a consumer may hold of payloads, in bytes (`queued.max.messages.kbytes`); none: nothing
/// that librdkafka takes.
std::optional<std::uint64_t> queued_bytes(const std::map<std::string, std::string>& properties);

/// Whether they say where the brokers are.
bool names_brokers(const std::map<std::string, std::string>& properties);

}  // namespace blockwatch
