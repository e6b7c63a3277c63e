#include "config/kafka_properties.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace blockwatch {
namespace {

constexpr std::string_view kStoreIsTruth =
    "the next offset lives in the state directory, together with the counts";
constexpr std::string_view kAssigned =
    "partitions are assigned by source.partitions, never negotiated with a group";
constexpr std::string_view kIdempotent =
    "alerts are produced idempotently and acknowledged by all replicas, in order";

constexpr std::array<RefusedProperty, 34> kRefused{{
    {"enable.auto.commit", kStoreIsTruth},
    {"auto.commit.enable", kStoreIsTruth},
    {"auto.commit.interval.ms", kStoreIsTruth},
    {"enable.auto.offset.store", kStoreIsTruth},
    {"offset.store.method", kStoreIsTruth},
    {"offset.store.path", kStoreIsTruth},
    {"offset.store.sync.interval.ms", kStoreIsTruth},
    {"auto.offset.reset", "a missing offset is a gap that is recorded, never jumped over"},
    {"isolation.level", "records of aborted transactions are never counted"},
    {"check.crcs", "a damaged record must not be counted"},
    {"enable.partition.eof", "the end of a partition tells when its clock may take the wall clock"},
    {"partition.assignment.strategy", kAssigned},
    {"group.instance.id", kAssigned},
    {"group.protocol", kAssigned},
    {"group.remote.assignor", kAssigned},
    {"enable.idempotence", kIdempotent},
    {"acks", kIdempotent},
    {"request.required.acks", kIdempotent},
    {"max.in.flight", kIdempotent},
    {"max.in.flight.requests.per.connection", kIdempotent},
    {"retries", kIdempotent},
    {"message.send.max.retries", kIdempotent},
    {"queuing.strategy", kIdempotent},
    {"enable.gapless.guarantee", kIdempotent},
    {"transactional.id", "an alert is delivered from the durable log, not in a transaction"},
    {"delivery.report.only.error", "an alert counts as delivered only when its acknowledgement has come"},
    {"dr_cb", "an alert counts as delivered only when its acknowledgement has come"},
    {"dr_msg_cb", "an alert counts as delivered only when its acknowledgement has come"},
    {"allow.auto.create.topics", "a misspelled topic must be an error, not a new empty topic"},
    {"topic.metadata.propagation.max.ms",
     "a topic that is gone must be seen at once: it may come again as another"},
    {"topic.blacklist", "no partition of the topic may be left out silently"},
    {"socket.nagle.disable", "it is always on, so that alerts leave at once"},
    {"plugin.library.paths", "foreign code would run inside the daemon"},
    {"interceptors", "foreign code would run inside the daemon"},
}};

constexpr std::array<std::string_view, 7> kSecrets{"sasl.password",
                                                   "ssl.key.password",
                                                   "ssl.key.pem",
                                                   "ssl.keystore.password",
                                                   "sasl.oauthbearer.config",
                                                   "sasl.oauthbearer.client.secret",
                                                   "sasl.oauthbearer.assertion.private.key.pem"};

constexpr std::int64_t kStatisticsIntervalMsMin = 5000;

std::optional<std::string> text_of(const toml::Value& value) {
  switch (value.type) {
    case toml::Type::text:
      return value.text;
    case toml::Type::integer:
      return std::to_string(value.integer);
    case toml::Type::boolean:
      return value.boolean ? "true" : "false";
    default:
      return std::nullopt;
  }
}

class PropertiesReader {
 public:
  PropertiesReader(std::string_view subject, Reporter& reporter) : subject_(subject), reporter_(reporter) {}

  void read(const std::string& prefix, const std::vector<toml::Entry>& entries) {
    for (const toml::Entry& entry : entries) {
      const std::string name = prefix + entry.key;
      if (entry.value.type == toml::Type::table) {
        read(name + '.', entry.value.entries);
      } else {
        read_property(name, entry);
      }
    }
  }
  std::map<std::string, std::string> take() { return std::move(properties_); }

 private:
  void read_property(const std::string& name, const toml::Entry& entry);

  std::string subject_;
  Reporter& reporter_;
  std::map<std::string, std::string> properties_;
};

void PropertiesReader::read_property(const std::string& name, const toml::Entry& entry) {
  const std::string what = subject_ + ": " + toml::quoted(name);
  const auto refused = std::find_if(kRefused.begin(), kRefused.end(),
                                    [&](const RefusedProperty& p) { return p.name == name; });
  if (refused != kRefused.end()) {
    reporter_.error(entry.place, what + " cannot be set: " + std::string(refused->reason), "remove it");
    return;
  }
  const auto text = text_of(entry.value);
  if (!text) {
    reporter_.error(
        entry.value.place,
        what + " must be text, a whole number, true or false, not " + std::string(name_of(entry.value.type)),
        "write the value as librdkafka's documentation does, in quotes");
    return;
  }
  if (name == "statistics.interval.ms") {
    std::int64_t ms = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), ms);
    if (error != std::errc() || end != text->data() + text->size() || ms < kStatisticsIntervalMsMin) {
      reporter_.error(
          entry.value.place,
          what + " is " + toml::quoted(*text) +
              ", at least 5000 is allowed: lag is measured from it, and more often costs throughput",
          "remove it, or give 5000 or more");
      return;
    }
  }
  if (!properties_.emplace(name, *text).second) {
    reporter_.error(entry.place, what + " is given twice", "write it once, as a quoted key");
  }
}

}  // namespace

std::span<const RefusedProperty> refused_kafka_properties() {
  return kRefused;
}

std::map<std::string, std::string> read_kafka_properties(const toml::Entry& table, std::string_view subject,
                                                         Reporter& reporter) {
  if (table.value.type != toml::Type::table) {
    reporter.error(table.value.place,
                   std::string(subject) + " must be a table, not " + std::string(name_of(table.value.type)),
                   "write [" + std::string(subject) + "] and the properties below it");
    return {};
  }
  PropertiesReader reader(subject, reporter);
  reader.read("", table.value.entries);
  return reader.take();
}

std::string show_kafka_properties(const std::map<std::string, std::string>& properties) {
  std::string out;
  for (const auto& [name, value] : properties) {
    const bool secret = std::find(kSecrets.begin(), kSecrets.end(), name) != kSecrets.end();
    out += (out.empty() ? " " : ", ") + toml::quoted(name) + " = " + toml::quoted(secret ? "***" : value);
  }
  return out.empty() ? "{}" : "{" + out + " }";
}

std::optional<std::uint64_t> whole_number(const std::map<std::string, std::string>& properties,
                                          const std::string& name) {
  const auto found = properties.find(name);
  if (found == properties.end()) return std::nullopt;
  const std::string& text = found->second;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> queued_bytes(const std::map<std::string, std::string>& properties) {
  constexpr std::uint64_t kKilobytesMax = 2'097'151;  // librdkafka's own limit
  const auto kilobytes = whole_number(properties, "queued.max.messages.kbytes");
  const bool taken = kilobytes && *kilobytes != 0 && *kilobytes <= kKilobytesMax;
  return taken ? std::optional(*kilobytes << 10U) : std::nullopt;
}

bool names_brokers(const std::map<std::string, std::string>& properties) {
  return properties.contains("bootstrap.servers") || properties.contains("metadata.broker.list") ||
         properties.contains("test.mock.num.brokers");
}

}  // namespace blockwatch
