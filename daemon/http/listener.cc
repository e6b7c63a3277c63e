#include "daemon/http/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace blockwatch {
namespace {

constexpr int kBacklog = 128;
constexpr mode_t kSocketMode = 0660;

tl::unexpected<Error> refused(const std::string& listen, const char* doing) {
  return fail(ExitCode::temporary,
              fmt::format("http.listen {}: {}: {}", listen, doing, std::strerror(errno)));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool somebody_listens(const sockaddr_un& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool answered =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
  close(fd);
  return answered;
}

}  // namespace

Listener::Listener(int fd, std::string path, std::string address)
    : fd_(fd), path_(std::move(path)), address_(std::move(address)) {}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::exchange(other.path_, {})),
      address_(std::move(other.address_)) {}

Listener::~Listener() {
  if (!path_.empty()) unlink(path_.c_str());
  if (fd_ >= 0) close(fd_);
}

Expected<Listener> Listener::open(const std::string& listen) {
  constexpr std::string_view kUnix = "unix:";
  if (listen.starts_with(kUnix)) return open_unix(listen.substr(kUnix.size()));
  return open_tcp(listen);
}

Expected<Listener> Listener::open_unix(const std::string& path) {
  const std::string listen = "unix:" + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ExitCode::bad_config, fmt::format("http.listen {}: the path must have 1 to {} bytes", listen,
                                                  sizeof address.sun_path - 1));
  }
  path.copy(address.sun_path, path.size());
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return fail(ExitCode::bad_config,
                  fmt::format("http.listen {}: there is a file that is no socket", listen));
    }
    if (somebody_listens(address)) {
      return fail(ExitCode::temporary, fmt::format("http.listen {}: another process listens there", listen));
    }
    unlink(path.c_str());
  }
  Listener listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), {}, listen);
  if (listener.fd_ < 0) return refused(listen, "socket");
  if (bind(listener.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return refused(listen, "bind");
  listener.path_ = path;
  // Before anybody can connect.
  if (chmod(path.c_str(), kSocketMode) != 0) return refused(listen, "chmod");
  if (::listen(listener.fd_, kBacklog) != 0) return refused(listen, "listen");
  return listener;
}

Expected<Listener> Listener::open_tcp(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  const std::string host = colon == std::string::npos ? "" : listen.substr(0, colon);
  const auto port =
      colon == std::string::npos ? std::nullopt : parse_port(std::string_view(listen).substr(colon + 1));
  if (!port || (host != "127.0.0.1" && host != "[::1]")) {
    return fail(ExitCode::bad_config,
                fmt::format("http.listen \"{}\": must be 127.0.0.1:PORT, [::1]:PORT or unix:PATH", listen));
  }
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (host == "[::1]") {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    v6.sin6_port = htons(*port);
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4.sin_port = htons(*port);
    size = sizeof v4;
  }
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  Listener listener(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), {}, listen);
  if (listener.fd_ < 0) return refused(listen, "socket");
  const int yes = 1;
  setsockopt(listener.fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener.fd_, address, size) != 0) return refused(listen, "bind");
  if (::listen(listener.fd_, kBacklog) != 0) return refused(listen, "listen");
  if (getsockname(listener.fd_, address, &size) != 0) return refused(listen, "getsockname");
  const std::uint16_t chosen = ntohs(host == "[::1]" ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                                                     : reinterpret_cast<sockaddr_in&>(storage).sin_port);
  listener.address_ = fmt::format("{}:{}", host, chosen);
  return listener;
}

}  // namespace blockwatch
