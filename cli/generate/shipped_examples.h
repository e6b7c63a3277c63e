// The example catalog and policy of config/examples/, carried inside the program: the generator and the demo
// need nothing installed.
#pragma once

#include <string_view>

#include "config/catalog.h"

namespace blockwatch {

std::string_view shipped_agencies();  // agencies.toml
std::string_view shipped_oris();      // oris.csv
std::string_view shipped_policy();    // policy.toml

/// The example catalog. The files are tested, so that this cannot fail.
Catalog shipped_catalog();

}  // namespace blockwatch
