// A whole file into memory.
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace blockwatch {

/// The bytes, or why not: "No such file or directory".
tl::expected<std::string, std::string> read_file(const std::string& path);

}  // namespace blockwatch
