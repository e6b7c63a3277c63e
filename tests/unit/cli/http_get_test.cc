#include "cli/http_get.h"

#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace blockwatch {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Answers one request on an open listener with fixed bytes and keeps what it was asked.
class OneAnswer {
 public:
  OneAnswer(int listener, const std::string& status, const std::string& body)
      : thread_([this, listener,
                 answer = "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
                          "\r\nConnection: close\r\n\r\n" + body] {
          const int peer = ::accept(listener, nullptr, nullptr);
          char buffer[4096];
          const auto n = ::read(peer, buffer, sizeof buffer);
          if (n > 0) request_.assign(buffer, static_cast<std::size_t>(n));
          EXPECT_EQ(::write(peer, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
          ::close(peer);
          ::close(listener);
        }) {}
  std::string request_line() {
    thread_.join();
    return request_.substr(0, request_.find('\r'));
  }

 private:
  std::string request_;
  std::thread thread_;
};

struct Loopback {
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  std::string url;
  Loopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
};

TEST(HttpGet, ParametersAreEscapedAndEmptyOnesLeftOut) {
  const Loopback loopback;
  OneAnswer server(loopback.listener, "200 OK", R"({"rows":[]})");
  const auto body = http_get(
      loopback.url + "/", "/api/v1/report",
      {{"from", "2025-11-12T00:00:00+01:00"}, {"to", ""}, {"by", "agency,ori"}, {"agency", "a&b=c d"}});
  EXPECT_EQ(server.request_line(),
            "GET /api/v1/report?from=2025-11-12T00%3A00%3A00%2B01%3A00&by=agency%2Cori&agency=a%26b%3Dc%20d "
            "HTTP/1.1");
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(*body, R"({"rows":[]})");
}

TEST(HttpGet, UnixSocketIsAsGoodAsAPort) {
  char dir[] = "/tmp/blockwatch-http-XXXXXX";
  ASSERT_NE(::mkdtemp(dir), nullptr);
  const std::string path = std::string(dir) + "/api.sock";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  OneAnswer server(listener, "200 OK", "{}");
  const auto body = http_get("unix:" + path, "/api/v1/completeness", {});
  EXPECT_EQ(server.request_line(), "GET /api/v1/completeness HTTP/1.1");
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(*body, "{}");
  ::unlink(path.c_str());
  ::rmdir(dir);
}

TEST(HttpGet, RefusalOfTheDaemonIsAUsageErrorInItsWords) {
  const Loopback loopback;
  OneAnswer server(loopback.listener, "422 Unprocessable Content",
                   R"({"error":"no bucket begins at --from"})");
  const auto body = http_get(loopback.url, "/api/v1/report", {});
  server.request_line();
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ExitCode::usage);
  EXPECT_EQ(body.error().message, "no bucket begins at --from");
}

TEST(HttpGet, TroubleOfTheDaemonIsTemporary) {
  const Loopback loopback;
  OneAnswer server(loopback.listener, "503 Service Unavailable", "stopping\n");
  const auto body = http_get(loopback.url, "/api/v1/report", {});
  server.request_line();
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ExitCode::temporary);
  EXPECT_THAT(body.error().message, HasSubstr("answers 503: stopping"));
}

TEST(HttpGet, NobodyListeningIsTemporaryWithAHint) {
  const Loopback loopback;
  ::close(loopback.listener);
  const auto body = http_get(loopback.url, "/api/v1/report", {});
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, ExitCode::temporary);
  EXPECT_THAT(body.error().message, StartsWith("no daemon answers at " + loopback.url));
  EXPECT_THAT(body.error().message, HasSubstr("--state-dir"));
}

TEST(HttpGet, OtherAddressesAreUsageErrors) {
  for (const char* url : {"127.0.0.1:8787", "https://example.org", "file:///etc/passwd", ""}) {
    const auto body = http_get(url, "/api/v1/report", {});
    ASSERT_FALSE(body) << url;
    EXPECT_EQ(body.error().code, ExitCode::usage) << url;
  }
}

}  // namespace
}  // namespace blockwatch
