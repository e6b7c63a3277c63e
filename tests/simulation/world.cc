#include "tests/simulation/world.h"
#include "base/error.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace blockwatch::simulation {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(static_cast<int>(ExitCode::bad_config));
}

Configuration load(const std::string& path) {
  Diagnostics diagnostics;
  auto loaded = load_configuration(path, diagnostics);
  if (!loaded) refuse(path + ": " + to_text(diagnostics.all().front()));
  return std::move(*loaded);
}

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) refuse(path + ": no records");
  return lines;
}

}  // namespace

World load_world(const std::string& dir) {
  World world;
  std::size_t policies = 0, catalogs = 0, partitions = 0;
  std::ifstream figures(dir + "/world.txt");
  if (!(figures >> world.as_of >> world.base >> world.days >> policies >> catalogs >> partitions))
    refuse(dir + "/world.txt: six numbers are needed");
  for (std::size_t p = 0; p < policies; ++p) {
    auto& row = world.configurations.emplace_back();
    for (std::size_t c = 0; c < catalogs; ++c)
      row.push_back(load(dir + "/" + std::to_string(p) + "x" + std::to_string(c) + ".toml"));
  }
  for (std::size_t n = 0; n < partitions; ++n)
    world.pools.push_back(read_lines(dir + "/p" + std::to_string(n) + ".ndjson"));
  return world;
}

}  // namespace blockwatch::simulation
