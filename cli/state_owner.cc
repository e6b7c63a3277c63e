#include "cli/state_owner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace blockwatch {

Expected<void> check_is_owner(const std::string& dir, const std::string& command) {
  struct stat owner {};
  if (::stat(dir.c_str(), &owner) != 0 || owner.st_uid == ::geteuid()) return {};
  return fail(ExitCode::usage,
              fmt::format("state directory {} belongs to user {}, and this is user {}: run as its owner "
                          "(sudo -u '#{}' blockwatch {} ...), or the daemon cannot open it again",
                          dir, owner.st_uid, ::geteuid(), owner.st_uid, command));
}

}  // namespace blockwatch
