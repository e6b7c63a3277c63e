// What the tests of config/ share.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "config/catalog.h"
#include "config/diagnostic.h"
#include "config/policy.h"

namespace blockwatch::testing_config {

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::filesystem::path examples() {
  return std::filesystem::path(BLOCKWATCH_SOURCE_DIR) / "config/examples";
}

/// All diagnostics, one a line: shown when a test expected none.
inline std::string texts(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics.all()) out += to_text(d) + '\n';
  return out;
}

inline constexpr std::string_view kOrisHeader =
    "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\n";

/// Fails the test and returns an empty catalog if anything is wrong with the texts.
inline Catalog catalog_of(std::string agencies, std::string_view rows = {}) {
  Diagnostics diagnostics;
  auto catalog = parse_catalog("agencies.toml", std::move(agencies), "oris.csv",
                               std::string(kOrisHeader).append(rows), diagnostics);
  EXPECT_TRUE(catalog) << texts(diagnostics);
  return catalog ? *catalog : Catalog{};
}

inline Policy policy_of(std::string text, const Catalog& catalog) {
  Diagnostics diagnostics;
  auto policy = parse_policy("policy.toml", std::move(text), catalog, diagnostics);
  EXPECT_TRUE(policy) << texts(diagnostics);
  return policy ? *policy : Policy{};
}

inline TimeNs at(std::string_view text) {
  const auto time = parse_rfc3339(text);
  EXPECT_TRUE(time) << text;
  return time.value_or(0);
}

}  // namespace blockwatch::testing_config
