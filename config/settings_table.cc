#include "config/settings_table.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <array>
#include <charconv>
#include <utility>

#include "config/grammar.h"
#include "config/kafka_properties.h"

namespace blockwatch {
namespace {

bool has_type(const SettingInput& in, toml::Type type, std::string hint) {
  if (in.entry.value.type == type) return true;
  in.error("must be " + std::string(name_of(type)) + ", not " + std::string(name_of(in.entry.value.type)),
           std::move(hint));
  return false;
}

/// Empty result: reported.
std::optional<std::string> read_text(const SettingInput& in) {
  if (!has_type(in, toml::Type::text, "write it in quotes")) return std::nullopt;
  if (in.entry.value.text.empty()) {
    in.error("is empty", "give a value, or remove the key");
    return std::nullopt;
  }
  return in.entry.value.text;
}

void read_duration(const SettingInput& in, TimeNs min, TimeNs max, TimeNs& out) {
  const std::string limits = "write \"" + format_duration(min) + "\" to \"" + format_duration(max) +
                             "\": a whole number and one of s m h d";
  if (!has_type(in, toml::Type::text, limits)) return;
  const auto duration = parse_duration(in.entry.value.text);
  if (!duration) return in.error("is no duration: " + toml::quoted(in.entry.value.text), limits);
  if (*duration < min || *duration > max) {
    return in.error("is " + toml::quoted(in.entry.value.text) + ", allowed is " + format_duration(min) +
                        " to " + format_duration(max),
                    limits);
  }
  out = *duration;
}

void read_count(const SettingInput& in, std::uint64_t min, std::uint64_t max, std::uint64_t& out) {
  const std::string limits = std::to_string(min) + " to " + std::to_string(max);
  if (!has_type(in, toml::Type::integer, "write " + limits + ", without quotes")) return;
  const std::int64_t n = in.entry.value.integer;
  if (n < 0 || static_cast<std::uint64_t>(n) < min || static_cast<std::uint64_t>(n) > max) {
    return in.error("is " + std::to_string(n) + ", allowed is " + limits, "write " + limits);
  }
  out = static_cast<std::uint64_t>(n);
}

void read_flag(const SettingInput& in, bool& out) {
  if (has_type(in, toml::Type::boolean, "write true or false, without quotes")) out = in.entry.value.boolean;
}

template <class T, std::size_t kCount>
using Choices = std::array<std::pair<std::string_view, T>, kCount>;

template <class T, std::size_t kCount>
void read_choice(const SettingInput& in, const Choices<T, kCount>& choices, T& out) {
  const auto text = read_text(in);
  if (!text) return;
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) {
    if (name == *text) out = value;
    if (name == *text) return;
    names.push_back(name);
  }
  in.error("is " + toml::quoted(*text) + ", allowed is " + grammar::joined(names),
           grammar::did_you_mean(*text, names, "choose one of " + grammar::joined(names)));
}

template <class T, std::size_t kCount>
std::string show_choice(const Choices<T, kCount>& choices, T value) {
  for (const auto& [name, choice] : choices) {
    if (choice == value) return toml::quoted(name);
  }
  return {};
}

std::string resolved(const std::filesystem::path& folder, const std::string& path) {
  return (folder / path).lexically_normal().string();  // an absolute `path` stays as it is
}

void read_path(const SettingInput& in, std::string& out) {
  if (const auto path = read_text(in)) out = resolved(in.folder, *path);
}

void read_topic(const SettingInput& in, std::string& out) {
  const auto topic = read_text(in);
  if (!topic) return;
  if (!grammar::is_topic(*topic)) {
    return in.error("is no name of a Kafka topic: " + toml::quoted(topic->substr(0, 64)),
                    "use 1 to 249 of A-Z a-z 0-9 . _ -");
  }
  out = *topic;
}

std::string show_text(const std::string& text) {
  return text.empty() ? std::string() : toml::quoted(text);
}

constexpr Choices<SourceKind, 2> kSourceKinds{{{"kafka", SourceKind::kafka}, {"file", SourceKind::file}}};
constexpr Choices<OnGap, 2> kOnGap{{{"halt", OnGap::halt}, {"continue", OnGap::go_on}}};
constexpr Choices<OutputKind, 2> kOutputKinds{{{"kafka", OutputKind::kafka}, {"log", OutputKind::log}}};
constexpr std::array<std::string_view, 3> kLaterOutputKinds{"alertmanager", "webhook", "syslog"};
constexpr Choices<log::Level, 4> kLevels{{{"debug", log::Level::debug},
                                          {"info", log::Level::info},
                                          {"warning", log::Level::warning},
                                          {"error", log::Level::error}}};
constexpr Choices<log::Format, 2> kFormats{{{"logfmt", log::Format::logfmt}, {"json", log::Format::json}}};

void read_partitions(const SettingInput& in, SourceSettings& source) {
  const std::string hint = "write \"all\", or a range with both ends: \"0-7\"";
  if (!has_type(in, toml::Type::text, hint)) return;
  const std::string& text = in.entry.value.text;
  if (text == "all") return source.partitions.reset();
  const char* end = text.data() + text.size();
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  const auto [dash, first_error] = std::from_chars(text.data(), end, first);
  const bool has_dash = first_error == std::errc() && dash != end && *dash == '-';
  const auto [rest, last_error] = std::from_chars(has_dash ? dash + 1 : end, end, last);
  if (!has_dash || last_error != std::errc() || rest != end || last > 0x7FFFFFFF) {
    return in.error("is no range of partitions: " + toml::quoted(text), hint);
  }
  if (last < first) return in.error("ends before it begins: " + toml::quoted(text), "swap the ends");
  source.partitions = {first, last};
}

std::string show_partitions(const Settings& s) {
  const auto& range = s.source.partitions;
  return range ? '"' + std::to_string(range->first) + '-' + std::to_string(range->second) + '"' : "\"all\"";
}

void read_files(const SettingInput& in, SourceSettings& source) {
  if (!has_type(in, toml::Type::list,
                "write files = [\"p0.ndjson\", \"p1.ndjson\"]; file number n is partition n"))
    return;
  bool has_standard_input = false;
  for (const toml::Value& item : in.entry.value.items) {
    if (item.type == toml::Type::text && item.text == "-" && std::exchange(has_standard_input, true)) {
      in.reporter.error(item.place, in.key + " names standard input twice", "it can be read only once");
    } else if (item.type != toml::Type::text || item.text.empty()) {
      in.reporter.error(item.place, in.key + " holds a value that is no path",
                        "write each path in quotes; \"-\" = standard input");
    } else {
      source.files.push_back(item.text == "-" ? item.text : resolved(in.folder, item.text));
    }
  }
}

std::string show_files(const Settings& s) {
  std::string out;
  for (const std::string& file : s.source.files) out += (out.empty() ? "" : ", ") + toml::quoted(file);
  return '[' + out + ']';
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && rest == text.data() + text.size() && port <= 65535;
}

bool is_loopback(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return (ntohl(address.s_addr) >> 24U) == 127;
  return host == "localhost" || host == "[::1]";
}

void read_listen(const SettingInput& in, Settings& s) {
  constexpr std::size_t kSocketPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
  const std::string hint =
      "write \"127.0.0.1:8787\", \"[::1]:8787\", \"localhost:8787\" or \"unix:/run/blockwatch/api.sock\"";
  const auto text = read_text(in);
  if (!text) return;
  if (text->starts_with("unix:")) {
    const std::string path = text->substr(5).empty() ? "" : resolved(in.folder, text->substr(5));
    if (path.empty() || path.size() > kSocketPathBytesMax) {
      return in.error("names a socket path of " + std::to_string(path.size()) + " bytes, allowed is 1 to " +
                          std::to_string(kSocketPathBytesMax),
                      hint);
    }
    s.http_listen = "unix:" + path;
    return;
  }
  const std::size_t colon = text->rfind(':');
  if (colon == std::string::npos || !is_port(std::string_view(*text).substr(colon + 1))) {
    return in.error("is no address with a port: " + toml::quoted(text->substr(0, 128)), hint);
  }
  if (!is_loopback(text->substr(0, colon))) {
    return in.error(
        "is " + toml::quoted(text->substr(0, 128)) +
            ", allowed are this machine's own addresses only: this version has neither TLS nor tokens",
        hint);
  }
  s.http_listen = *text;
}

void read_output_name(const SettingInput& in, OutputSettings& o) {
  const auto name = read_text(in);
  if (!name) return;
  if (!grammar::is_channel(*name)) {
    return in.error("is not 1 to 32 of a-z 0-9 _ . -: " + toml::quoted(name->substr(0, 64)),
                    "choose a short name: \"alerts-topic\"");
  }
  o.name = *name;
}

void read_output_kind(const SettingInput& in, OutputSettings& o) {
  const toml::Value& v = in.entry.value;
  for (const std::string_view later : kLaterOutputKinds) {
    if (v.type == toml::Type::text && v.text == later) {
      return in.error("is " + toml::quoted(later) + ", which is not available in this version",
                      "choose one of kafka, log");
    }
  }
  read_choice(in, kOutputKinds, o.kind);
}

using S = Settings;
using O = OutputSettings;
using In = SettingInput;

constexpr TimeNs kLatenessMax = 365 * kDay;
constexpr TimeNs kDedupWindowMax = 30 * kDay;
constexpr TimeNs kMaxAgeMin = kMinute, kMaxAgeMax = 3653 * kDay;
constexpr std::uint64_t kRecordBytesMin = 1024, kRecordBytesMax = 16ULL << 20U;
constexpr std::uint64_t kMemoryBytesMin = 160ULL << 20U, kMemoryBytesMax = 1ULL << 40U;
constexpr std::uint64_t kDedupBytesMin = 64ULL << 10U, kDedupBytesMax = 64ULL << 30U;

const std::array kSettings{
    SettingSpec<S>{
        "source.kind", "text", "\"kafka\"", false,
        "`kafka`: a topic. `file`: NDJSON files, read to their end; .gz and .zst are read as they are.",
        [](const In& in, S& s) { read_choice(in, kSourceKinds, s.source.kind); },
        [](const S& s) { return show_choice(kSourceKinds, s.source.kind); }},
    SettingSpec<S>{"source.topic", "text", "\"nlets.queries\"", false,
                   "The topic to read; for files the name under which positions are reported.",
                   [](const In& in, S& s) { read_topic(in, s.source.topic); },
                   [](const S& s) { return show_text(s.source.topic); }},
    SettingSpec<S>{"source.partitions", "text", "\"all\"", false,
                   "`all`, or a range with both ends like `0-7`: several daemons share a topic by fixed "
                   "ranges. For `kafka` only.",
                   [](const In& in, S& s) { read_partitions(in, s.source); }, show_partitions},
    SettingSpec<S>{"source.files", "list of paths", "[]", false,
                   "Needed for `file`, and for it only: partition n is file n, the offset is the line number "
                   "from 0; `-` is standard input.",
                   [](const In& in, S& s) { read_files(in, s.source); }, show_files},
    SettingSpec<S>{"source.record_bytes_max", "whole number", "65536", false,
                   "A longer record is rejected as `too_large`. 1024 to 16777216 bytes.",
                   [](const In& in, S& s) {
                     read_count(in, kRecordBytesMin, kRecordBytesMax, s.source.record_bytes_max);
                   },
                   [](const S& s) { return std::to_string(s.source.record_bytes_max); }},
    SettingSpec<S>{
        "source.on_gap", "text", "\"halt\"", false,
        "Where the topic's retention has deleted records that were not counted yet: `halt` stops the "
        "partition until an operator decides (`blockwatch gaps`), `continue` counts on behind "
        "them. Either way the gap is recorded and alerted, and reports that it touches are not "
        "complete. For `kafka` only.",
        [](const In& in, S& s) { read_choice(in, kOnGap, s.source.on_gap); },
        [](const S& s) { return show_choice(kOnGap, s.source.on_gap); }},
    SettingSpec<S>{"source.plain", "boolean", "false", false,
                   "`true`: the topic has neither transactions nor compaction, so that offsets without a "
                   "record are a gap. For `kafka` only.",
                   [](const In& in, S& s) { read_flag(in, s.source.plain); },
                   [](const S& s) { return std::string(s.source.plain ? "true" : "false"); }},
    SettingSpec<S>{"source.kafka", "table", "{ \"group.id\" = \"blockwatch\" }", false,
                   "Handed to librdkafka as it is; `\"bootstrap.servers\"` is needed for `kafka`. The group "
                   "is for advisory commits, so that lag tools work. Some properties are refused, see below.",
                   [](const In& in, S& s) {
                     s.source.kafka.merge(read_kafka_properties(in.entry, in.key, in.reporter));
                   },
                   [](const S& s) { return show_kafka_properties(s.source.kafka); }},
    SettingSpec<S>{
        "source.mapping", "table", "", false,
        "Where another producer's records have the fields of an event, and what its words mean; see "
        "below. Without it, records have the names of `docs/EVENTS.md`.",
        [](const In& in, S& s) { s.source.mapping = read_source_mapping(in.entry, in.reporter); },
        [](const S& s) { return s.source.mapping ? show_source_mapping(*s.source.mapping) : std::string(); }},
    SettingSpec<S>{"state.dir", "path", "", true,
                   "The directory of everything that is kept. One daemon at a time.",
                   [](const In& in, S& s) { read_path(in, s.state_dir); },
                   [](const S& s) { return show_text(s.state_dir); }},
    SettingSpec<S>{"policy.file", "path", "", true, "The policy: blocks and watches.",
                   [](const In& in, S& s) { read_path(in, s.policy_file); },
                   [](const S& s) { return show_text(s.policy_file); }},
    SettingSpec<S>{"catalog.agencies", "path", "", true,
                   "The tree of agencies, patterns, line codes, regions (TOML).",
                   [](const In& in, S& s) { read_path(in, s.agencies_file); },
                   [](const S& s) { return show_text(s.agencies_file); }},
    SettingSpec<S>{"catalog.oris", "path", "", true, "Which ORI belongs to whom (CSV).",
                   [](const In& in, S& s) { read_path(in, s.oris_file); },
                   [](const S& s) { return show_text(s.oris_file); }},
    SettingSpec<S>{"http.listen", "text", "\"127.0.0.1:8787\"", false,
                   "An address of this machine itself (`127.0.0.0/8`, `[::1]`, `localhost`) with a port, or "
                   "`unix:` and a path. Port 0: the system chooses.",
                   read_listen, [](const S& s) { return show_text(s.http_listen); }},
    SettingSpec<S>{"time.lateness", "duration", "\"48h\"", false,
                   "How far behind its partition's clock an event counts as late, and how long after a day's "
                   "end its incidents stay open. `0s` to `365d`.",
                   [](const In& in, S& s) { read_duration(in, 0, kLatenessMax, s.lateness); },
                   [](const S& s) { return show_text(format_duration(s.lateness)); }},
    SettingSpec<S>{
        "dedup.window", "duration", "\"24h\"", false,
        "How long, by a partition's clock, the id of a counted message is remembered. `0s` to `30d`.",
        [](const In& in, S& s) { read_duration(in, 0, kDedupWindowMax, s.dedup_window); },
        [](const S& s) { return show_text(format_duration(s.dedup_window)); }},
    SettingSpec<S>{
        "dedup.bytes_max", "whole number", "268435456", false,
        "Memory for remembered ids, in bytes; what does not fit is dropped early and counted "
        "(`dedup_evicted`). 65536 to 68719476736. Default: their part of `memory.bytes_max`.",
        [](const In& in, S& s) { read_count(in, kDedupBytesMin, kDedupBytesMax, s.dedup_bytes_max); },
        [](const S& s) { return std::to_string(s.dedup_bytes_max); }},
    SettingSpec<S>{
        "memory.bytes_max", "whole number", "1006632960", false,
        "What the daemon may hold in memory, in bytes, divided among its parts; `blockwatchd --check` shows "
        "how. "
        "A part that is full waits or commits earlier, and nothing is lost. 167772160 to 1099511627776, and "
        "enough for `dedup.bytes_max`, for `\"queued.max.messages.kbytes\"` of `[source.kafka]`, and for 30 "
        "times the files of policy and catalog. Default: more than 960 MiB where those take more than their "
        "parts of it.",
        [](const In& in, S& s) {
          std::uint64_t bytes = 0;
          read_count(in, kMemoryBytesMin, kMemoryBytesMax, bytes);
          if (bytes != 0) s.memory_bytes_max = bytes;
        },
        [](const S& s) { return std::to_string(s.memory.total()); }},
    SettingSpec<S>{"log.level", "text", "\"info\"", false, "`debug`, `info`, `warning` or `error`.",
                   [](const In& in, S& s) { read_choice(in, kLevels, s.log_level); },
                   [](const S& s) { return show_choice(kLevels, s.log_level); }},
    SettingSpec<S>{"log.format", "text", "\"logfmt\"", false, "`logfmt` or `json`.",
                   [](const In& in, S& s) { read_choice(in, kFormats, s.log_format); },
                   [](const S& s) { return show_choice(kFormats, s.log_format); }},
};

const std::array kOutputSettings{
    SettingSpec<O>{"name", "text", "", true,
                   "Unique; 1 to 32 of `a-z 0-9 _ . -`. The cursor of what was delivered is kept under it.",
                   read_output_name, [](const O& o) { return show_text(o.name); }},
    SettingSpec<O>{"kind", "text", "", true, "`kafka`: CloudEvents to a topic. `log`: structured log lines.",
                   read_output_kind, [](const O& o) { return show_choice(kOutputKinds, o.kind); }},
    SettingSpec<O>{"topic", "text", "", false, "Needed for `kafka`, and for it only; not the source's topic.",
                   [](const In& in, O& o) { read_topic(in, o.topic); },
                   [](const O& o) { return show_text(o.topic); }},
    SettingSpec<O>{
        "kafka", "table", "", false,
        "`[output.kafka]`, for `kafka` only: handed to librdkafka as it is, and then `\"bootstrap.servers\"` "
        "is needed. Without it, the connection of `[source.kafka]`.",
        [](const In& in, O& o) { o.kafka = read_kafka_properties(in.entry, in.key, in.reporter); },
        [](const O& o) { return o.kafka.empty() ? std::string() : show_kafka_properties(o.kafka); }},
    SettingSpec<O>{
        "max_age", "duration", "", false,
        "A notification whose newest observation is older, by event time, when it would be sent is "
        "recorded as suppressed (stale) instead. `1m` to `3653d`. Default: none for `kafka` and `log`, "
        "`\"24h\"` for every other kind.",
        [](const In& in, O& o) {
          TimeNs age = 0;
          read_duration(in, kMaxAgeMin, kMaxAgeMax, age);
          o.max_age = age;
        },
        [](const O& o) { return o.max_age ? show_text(format_duration(*o.max_age)) : std::string(); }},
};

}  // namespace

std::span<const SettingSpec<Settings>> settings_table() {
  return kSettings;
}
std::span<const SettingSpec<OutputSettings>> output_settings_table() {
  return kOutputSettings;
}

}  // namespace blockwatch
