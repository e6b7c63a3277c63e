// Settings, catalog and policy while they are checked: used inside config/ only, so that each file is checked
// even when the ones before it have mistakes, and everything is reported at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/catalog.h"
#include "config/policy.h"
#include "config/reader.h"
#include "config/settings.h"

namespace blockwatch {

struct SettingsDraft {
  LoadedSettings loaded;
  std::map<std::string, toml::Place> places;  // of the values that the file gives
};
SettingsDraft draft_settings(const std::string& path, std::string_view bytes, Diagnostics& diagnostics);

struct CatalogDraft {
  Catalog catalog;  // holds what could be read
  bool agencies_known = false;
  /// Null: agencies.toml is no TOML, so nothing can be said about names.
  const Catalog* known() const { return agencies_known ? &catalog : nullptr; }
};

/// The node of an id or alias; kNoNode: reported, or not checked because `known` is null.
NodeIndex find_node(const Catalog* known, const PlacedText& name, const std::string& subject,
                    Reporter& reporter);

/// A file as read; no bytes: it could not be read, which was reported.
struct FileText {
  std::string name;
  std::optional<std::string> bytes;
};

CatalogDraft draft_catalog(FileText agencies, FileText oris, Diagnostics& diagnostics);

/// Fills nodes, by_name, patterns, lines and regions from `catalog.agencies_bytes`.
void read_agencies(CatalogDraft& draft, Reporter& reporter);
/// Fills oris from `catalog.oris_bytes`.
void read_oris(CatalogDraft& draft, Reporter& reporter);

Policy draft_policy(std::string_view name, std::string bytes, const Catalog* known, Diagnostics& diagnostics);

}  // namespace blockwatch
