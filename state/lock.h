// The lock of a state directory: one process that writes, or any number that read, never both.
//
// It is a flock on the file `lock` in the directory, so the kernel lets it go however its holder ends, and a
// second open in the same process is refused too. Who holds it is told by a record lock on the same file (the
// kernel knows the pid), else by the pid that a writer leaves in the file.
#pragma once

#include <string>

#include "base/error.h"

namespace blockwatch {

/// Held from take() to destruction.
class DirectoryLock {
 public:
  enum class Mode { exclusive, shared };

  /// `exclusive` creates the file; `shared` creates nothing. Never waits. Being refused is exit 75, not 65: a
  /// holder may end at any moment (a report runs for a second), and a service that then never restarts would
  /// stop counting.
  static Expected<DirectoryLock> take(const std::string& dir, Mode mode);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

/// The lock file's name inside the directory.
inline constexpr const char* kLockFile = "lock";

}  // namespace blockwatch
