// The socket that HTTP listens on: loopback TCP or a Unix socket, nothing that another machine can reach.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace blockwatch {

/// Owns the socket, and the socket's file if it has one. Closed and removed with the object.
class Listener {
 public:
  /// `listen`: "127.0.0.1:PORT", "[::1]:PORT" (0 = any free port) or "unix:PATH" (mode 0660; a file left
  /// behind by a dead process is replaced). Errors: 78 for another form, 75 where the system refuses.
  static Expected<Listener> open(const std::string& listen);
  ~Listener();
  Listener(Listener&& other) noexcept;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  Listener& operator=(Listener&&) = delete;

  /// The server closes it from now on; the socket's file stays ours.
  int release_fd() { return std::exchange(fd_, -1); }
  bool is_unix() const { return !path_.empty(); }
  /// As given, with the port that was chosen.
  const std::string& address() const { return address_; }

 private:
  Listener(int fd, std::string path, std::string address);
  static Expected<Listener> open_unix(const std::string& path);
  static Expected<Listener> open_tcp(const std::string& listen);

  int fd_;
  std::string path_;  // of a Unix socket
  std::string address_;
};

}  // namespace blockwatch
