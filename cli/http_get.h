// Asks a running daemon over HTTP: on loopback or through a Unix socket.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace blockwatch {

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// The body of GET `url` + `resource`. `url` is http://HOST:PORT or unix:/PATH/TO/SOCKET. Parameters with an
/// empty value are left out. Errors: 64 what the daemon refuses (its own words), 75 no daemon, or none that
/// answers.
Expected<std::string> http_get(const std::string& url, const std::string& resource,
                               const QueryParameters& parameters);

}  // namespace blockwatch
