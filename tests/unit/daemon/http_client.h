// A client that sends exactly the bytes a test gives it, over loopback or a Unix socket.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace blockwatch::test {

/// Connects to what HttpServer::address() says; -1 if nobody takes it.
inline int connect_to(const std::string& address) {
  const bool is_unix = address.starts_with("unix:");
  const int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{15, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  int connected = -1;
  if (is_unix) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    address.substr(5).copy(to.sun_path, sizeof to.sun_path - 1);
    connected = connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  } else {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    connected = connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  if (connected == 0) return fd;
  close(fd);
  return -1;
}

/// Everything until the server closes.
inline std::string send_raw(const std::string& address, const std::string& bytes) {
  const int fd = connect_to(address);
  if (fd < 0) return "no connection";
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  std::string answer;
  char buffer[4096];
  for (ssize_t n = recv(fd, buffer, sizeof buffer, 0); n > 0; n = recv(fd, buffer, sizeof buffer, 0)) {
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  close(fd);
  return answer;
}

struct Answer {
  int status = 0;
  std::string head, body;
};

inline Answer parse_answer(const std::string& bytes) {
  Answer answer;
  const std::size_t end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.") || end == std::string::npos) return answer;
  answer.status = std::stoi(bytes.substr(9, 3));
  answer.head = bytes.substr(0, end + 2);
  answer.body = bytes.substr(end + 4);
  return answer;
}

inline Answer ask(const std::string& address, const std::string& target, const std::string& method = "GET") {
  return parse_answer(
      send_raw(address, method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
}

}  // namespace blockwatch::test
