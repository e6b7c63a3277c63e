// Failures of the environment as values, and the exit codes they end in.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace blockwatch {

/// Exit codes of both programs.
enum class ExitCode : int {
  ok = 0,
  check_failed = 1,
  usage = 64,
  state_damaged = 65,  // or halted until an operator decides: do not restart
  temporary = 75,      // restart me
  bad_config = 78,
};

/// What went wrong, in one line for the person who has to act: what, where, limit, hint. `code` says how the
/// process ends if nobody handles it.
struct Error {
  ExitCode code = ExitCode::temporary;
  std::string message;
};

template <class T>
using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ExitCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace blockwatch
