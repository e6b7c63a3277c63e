// The one list of settings: it drives parsing, unknown-key hints, `--print-config` and
// docs/reference/settings.md.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "config/reader.h"
#include "config/settings.h"

namespace blockwatch {

/// What a setting is read from. Borrows everything.
struct SettingInput {
  const std::string& key;  // in full: "time.lateness"
  const toml::Entry& entry;
  const std::filesystem::path& folder;  // of the configuration file
  Reporter& reporter;

  void error(const std::string& what, std::string hint) const {
    reporter.error(entry.value.place, key + ' ' + what, std::move(hint));
  }
};

/// One key. `Owner`: Settings, or OutputSettings for the keys of [[output]].
template <class Owner>
struct SettingSpec {
  std::string_view key;       // "time.lateness"; within [[output]] just "name"
  std::string_view type;      // for people
  std::string_view fallback;  // the default as TOML; empty: none
  bool needed;
  std::string_view meaning;  // with limits, as Markdown
  void (*set)(const SettingInput&, Owner&);
  std::string (*show)(const Owner&);  // as TOML; empty: not set
};

std::span<const SettingSpec<Settings>> settings_table();
std::span<const SettingSpec<OutputSettings>> output_settings_table();

}  // namespace blockwatch
