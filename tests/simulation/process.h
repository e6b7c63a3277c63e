// One life of the daemon in a forked process: the real store, worker, versions and outputs between the
// scripted broker and the scripted subscribers, put together as daemon/service.cc does.
#pragma once

#include <string>

#include "tests/simulation/plan.h"

namespace blockwatch::simulation {

struct Stage {
  const World& world;
  const Plan& plan;
  std::string dir;  // of the state
  Outside& outside;
};

/// Lives as planned, then ends the process: with 0, with kDied, or as the product ends itself.
[[noreturn]] void live(const Stage& stage, std::size_t number);

/// Opens what is on the disk and prints it, then ends the process.
[[noreturn]] void open_and_print(const Stage& stage);

}  // namespace blockwatch::simulation
