// What many schedules share: configurations, and records to choose from. Written by test_simulation.py:
//   DIR/world.txt        "AS_OF BASE DAYS POLICIES CATALOGS PARTITIONS"; times in nanoseconds, BASE a UTC
//   midnight DIR/PxC.toml         policy P under catalog C, both from 0 DIR/pN.ndjson        records that
//   partition N may have, a line each
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/load.h"

namespace blockwatch::simulation {

struct World {
  TimeNs as_of = 0, base = 0;
  std::int64_t days = 0;
  std::vector<std::vector<Configuration>> configurations;  // by policy and catalog
  std::vector<std::vector<std::string>> pools;             // by partition

  const Settings& settings() const { return configurations[0][0].settings(); }
  std::uint32_t policies() const { return static_cast<std::uint32_t>(configurations.size()); }
  std::uint32_t catalogs() const { return static_cast<std::uint32_t>(configurations[0].size()); }
};

/// Ends the process where anything is wrong with the files.
World load_world(const std::string& dir);

}  // namespace blockwatch::simulation
