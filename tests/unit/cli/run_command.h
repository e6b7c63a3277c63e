// A command as a user gives it, in this process, with what it prints.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/command_line.h"

namespace blockwatch::test {

struct Outcome {
  int exit_code = 0;
  std::string out, err;
};

inline Outcome run_command(const std::vector<std::string>& words) {
  std::vector<const char*> argv{"blockwatch"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.exit_code = run_command_line(static_cast<int>(argv.size()), argv.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

}  // namespace blockwatch::test
