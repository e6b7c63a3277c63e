// Everything that an operator writes, loaded and checked at once: settings, catalog, policy.
#pragma once

#include <optional>
#include <string>

#include "config/catalog.h"
#include "config/diagnostic.h"
#include "config/policy.h"
#include "config/settings.h"

namespace blockwatch {

struct Configuration {
  LoadedSettings loaded;
  Catalog catalog;
  Policy policy;
  const Settings& settings() const { return loaded.settings; }
};

/// All diagnostics of all files; a value only if there are none. A file that cannot be read is a diagnostic.
std::optional<Configuration> load_configuration(const std::string& path, Diagnostics& diagnostics);

}  // namespace blockwatch
