#include "state/failure.h"

namespace blockwatch {
namespace {

constexpr std::string_view kHint =
    "; if only the write-ahead log is, blockwatch repair --rollback opens it before the damage; else restore "
    "a "
    "backup (blockwatch restore), or start with an empty directory and count the input again";

}  // namespace

Error error_of(const rocksdb::Status& status, std::string_view doing) {
  const std::string text = std::string(doing) + ": " + status.ToString();
  // A file that ought to be there and is not is damage as well.
  if (status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound())
    return {ExitCode::state_damaged, "state damaged: " + text + std::string(kHint)};
  return {ExitCode::temporary, text};
}

Error damaged(std::string_view what) {
  return {ExitCode::state_damaged, "state damaged: cannot decode " + std::string(what) + std::string(kHint)};
}

}  // namespace blockwatch
