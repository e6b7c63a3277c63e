// blockwatchd.toml as checked values. The table in settings_table.cc is the one list of keys: it drives
// parsing,
// `--print-config` and docs/reference/settings.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "config/diagnostic.h"
#include "config/memory.h"
#include "config/source_mapping.h"

namespace blockwatch {

enum class SourceKind { kafka, file };
enum class OutputKind { kafka, log };
/// What is done where retention has overrun the position; every other gap halts.
enum class OnGap { halt, go_on };

struct SourceSettings {
  SourceKind kind = SourceKind::kafka;
  std::string topic = "nlets.queries";
  std::optional<std::pair<std::uint32_t, std::uint32_t>> partitions;  // inclusive range; none = "all"
  std::vector<std::string> files;                                     // kind = "file": partitions 0, 1, …
  std::uint64_t record_bytes_max = 65536;
  std::map<std::string, std::string> kafka;  // handed to librdkafka as it is
  OnGap on_gap = OnGap::halt;
  bool plain = false;                    // offsets have no holes: neither transactions nor compaction
  std::optional<SourceMapping> mapping;  // none: records have the contract's own names
};

struct OutputSettings {
  std::string name;
  OutputKind kind = OutputKind::log;
  std::string topic;                         // kind = "kafka"
  std::map<std::string, std::string> kafka;  // [output.kafka]; none = source.kafka's connection
  std::optional<TimeNs> max_age;             // none: nothing is too old to be sent
};

/// A topic and a log are kept and read later; every other kind wakes people, whom a replayed year must not.
constexpr std::optional<TimeNs> max_age_default(OutputKind kind) {
  if (kind == OutputKind::kafka || kind == OutputKind::log) return std::nullopt;
  return 24 * kHour;
}

struct Settings {
  SourceSettings source;
  std::string state_dir;
  std::string policy_file;  // resolved against the configuration file's folder, as all paths
  std::string agencies_file;
  std::string oris_file;
  std::string http_listen = "127.0.0.1:8787";  // or "unix:/path"
  TimeNs lateness = 48 * kHour;
  TimeNs dedup_window = 24 * kHour;
  std::uint64_t dedup_bytes_max = 0;              // as given, else as divided
  std::optional<std::uint64_t> memory_bytes_max;  // as given
  MemoryDivision memory;                          // of that, or of the default
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::logfmt;
  std::vector<OutputSettings> outputs;
};

/// Where an effective value came from, for --print-config.
struct EffectiveSetting {
  std::string key;     // "time.lateness"
  std::string value;   // as TOML
  std::string origin;  // "default" or "blockwatchd.toml:12"
};

struct LoadedSettings {
  Settings settings;
  std::vector<EffectiveSetting> effective;
};

/// Reads and checks the file named `path`; nullopt if anything was added to `diagnostics`.
std::optional<LoadedSettings> load_settings(const std::string& path, Diagnostics& diagnostics);

/// The same from bytes; relative paths are resolved against the folder of `path`.
std::optional<LoadedSettings> parse_settings(const std::string& path, std::string_view bytes,
                                             Diagnostics& diagnostics);

/// docs/reference/settings.md, generated from the table.
std::string settings_reference();

}  // namespace blockwatch
