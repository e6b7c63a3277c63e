// The HTTP server by its bytes: methods, limits, headers, sockets.
#include "daemon/http/server.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/daemon/http_client.h"

namespace blockwatch {
namespace {

using test::Answer;
using test::ask;
using test::parse_answer;
using test::send_raw;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kStreamBytes = 3'000'000;

/// Of one letter, made while it is sent.
HttpResponse stream() {
  HttpResponse answer{200, "text/plain", ""};
  answer.stream = {kStreamBytes, [left = kStreamBytes](char* out, std::size_t room) mutable {
                     const std::size_t n = std::min(left, room);
                     std::fill_n(out, n, 's');
                     left -= n;
                     return n;
                   }};
  return answer;
}

HttpResponse echo(const HttpRequest& request) {
  if (request.path == "/stream") return stream();
  std::string text = request.path;
  for (const auto& [name, value] : request.query) text += "|" + name + "=" + value;
  return {200, "text/plain", text};
}

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override { server_ = start("127.0.0.1:0"); }
  static std::unique_ptr<HttpServer> start(const std::string& listen) {
    auto server = HttpServer::start(listen, echo);
    EXPECT_TRUE(server.has_value()) << server.error().message;
    return server ? std::move(*server) : nullptr;
  }
  const std::string& address() const { return server_->address(); }
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ChoosesAPortAndSaysWhich) {
  EXPECT_THAT(address(), testing::StartsWith("127.0.0.1:"));
  EXPECT_NE(address(), "127.0.0.1:0");
  EXPECT_EQ(ask(address(), "/x").body, "/x");
}

TEST_F(HttpServerTest, PathAndParametersArriveUnescaped) {
  EXPECT_EQ(ask(address(), "/a%20b?from=2025-01-01T00:00:00%2B01:00&empty=&flag").body,
            "/a b|from=2025-01-01T00:00:00+01:00|empty=|flag=");
}

TEST_F(HttpServerTest, EveryAnswerCarriesTheSecurityHeaders) {
  for (const char* method : {"GET", "POST"}) {
    const Answer answer = ask(address(), "/", method);
    EXPECT_THAT(answer.head, HasSubstr("Cache-Control: no-store\r\n"));
    EXPECT_THAT(answer.head, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(answer.head, HasSubstr("Content-Security-Policy: default-src 'none'"));
  }
}

TEST_F(HttpServerTest, HeadHasTheHeadersAndNoBody) {
  const Answer answer = ask(address(), "/abc", "HEAD");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.head, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_EQ(answer.body, "");
}

TEST_F(HttpServerTest, AStreamIsSentWholeAndItsLengthSaid) {
  const std::string length = "Content-Length: " + std::to_string(kStreamBytes) + "\r\n";
  const Answer answer = ask(address(), "/stream");
  EXPECT_THAT(answer.head, HasSubstr(length));
  EXPECT_EQ(answer.body, std::string(kStreamBytes, 's'));
  const Answer head = ask(address(), "/stream", "HEAD");
  EXPECT_THAT(head.head, HasSubstr(length));
  EXPECT_EQ(head.body, "");
}

TEST_F(HttpServerTest, OtherMethodsAreRefused) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const Answer answer = ask(address(), "/", method);
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_THAT(answer.head, HasSubstr("Allow: GET, HEAD\r\n"));
    EXPECT_EQ(answer.body, R"({"error":"only GET and HEAD"})");
  }
}

TEST_F(HttpServerTest, ABodyIsRefusedAndNotReadAsAnotherRequest) {
  const std::string smuggled = "GET /second HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const std::string length = "Content-Length: " + std::to_string(smuggled.size());
  for (const std::string& head :
       {"GET / HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n",
        "DELETE / HTTP/1.1\r\nHost: localhost\r\n" + length + "\r\n\r\n",
        std::string("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")}) {
    const std::string answer = send_raw(address(), head + smuggled);
    EXPECT_GE(parse_answer(answer).status, 400) << head;
    EXPECT_THAT(answer, Not(HasSubstr("/second"))) << head;
  }
}

TEST_F(HttpServerTest, TwoRequestsOnOneConnectionAreBothAnswered) {
  const std::string answers = send_raw(address(),
                                       "GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                       "GET /two HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("/one"));
  EXPECT_THAT(answers, HasSubstr("/two"));
}

TEST_F(HttpServerTest, AHeadOverEightKibibytesIsRefused) {
  const std::string answer =
      send_raw(address(), "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(9000, 'x') + "\r\n\r\n");
  EXPECT_GE(parse_answer(answer).status, 400);
  EXPECT_EQ(ask(address(), "/still-there").body, "/still-there");
}

TEST_F(HttpServerTest, AnotherSitesNameIsRefused) {
  for (const char* host : {"example.org", "127.0.0.1.example.org", "localhostess"}) {
    const Answer answer = parse_answer(send_raw(
        address(), std::string("GET / HTTP/1.1\r\nConnection: close\r\nHost: ") + host + "\r\n\r\n"));
    EXPECT_EQ(answer.status, 400) << host;
  }
  for (const char* host : {"localhost", "127.0.0.1:8787", "[::1]:8787"}) {
    const Answer answer = parse_answer(send_raw(
        address(), std::string("GET / HTTP/1.1\r\nConnection: close\r\nHost: ") + host + "\r\n\r\n"));
    EXPECT_EQ(answer.status, 200) << host;
  }
}

TEST_F(HttpServerTest, ManyConnectionsAtOnceAreAllAnswered) {
  std::atomic<int> good{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      for (int j = 0; j < 20; ++j) good += ask(address(), "/x").status == 200 ? 1 : 0;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 320);
}

TEST_F(HttpServerTest, AConnectionThatStaysSilentIsClosed) {
  EXPECT_EQ(parse_answer(send_raw(address(), "GET / HTTP/1.1\r\nHost: loc")).status,
            0);  // returns: it was closed
}

TEST_F(HttpServerTest, TheConnectionBeyondTheLimitWaitsUntilAnotherLeaves) {
  std::vector<int> held;
  for (int i = 0; i < 256; ++i) held.push_back(test::connect_to(address()));
  const int extra = test::connect_to(address());
  const std::string request = "GET /extra HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(send(extra, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  char buffer[4096];
  EXPECT_EQ(recv(extra, buffer, sizeof buffer, MSG_DONTWAIT), -1);
  for (const int fd : held) close(fd);
  const ssize_t size = recv(extra, buffer, sizeof buffer, 0);
  close(extra);
  ASSERT_GT(size, 0);
  EXPECT_EQ(parse_answer(std::string(buffer, static_cast<std::size_t>(size))).status, 200);
}

class UnixSocketTest : public testing::Test {
 protected:
  UnixSocketTest() {
    std::string pattern = testing::TempDir() + "bw-http-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    listen_ = "unix:" + dir_ + "/api.sock";
  }
  ~UnixSocketTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  std::string dir_, listen_;
};

TEST_F(UnixSocketTest, AnswersThereAndGroupMayConnect) {
  const auto server = HttpServer::start(listen_, echo);
  ASSERT_TRUE(server.has_value()) << server.error().message;
  EXPECT_EQ(ask(listen_, "/here").body, "/here");
  struct stat status {};
  ASSERT_EQ(::stat((dir_ + "/api.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
}

TEST_F(UnixSocketTest, TheFileGoesWithTheServer) {
  HttpServer::start(listen_, echo).value().reset();
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/api.sock"));
}

TEST_F(UnixSocketTest, ASocketLeftByADeadProcessIsReplaced) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (dir_ + "/api.sock").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  close(fd);
  const auto server = HttpServer::start(listen_, echo);
  ASSERT_TRUE(server.has_value()) << server.error().message;
  EXPECT_EQ(ask(listen_, "/").status, 200);
}

TEST_F(UnixSocketTest, ALivingProcessAndAForeignFileAreLeftAlone) {
  const auto first = HttpServer::start(listen_, echo);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(HttpServer::start(listen_, echo).has_value());
  EXPECT_EQ(ask(listen_, "/").status, 200);
  std::ofstream(dir_ + "/file") << "kept";
  const auto refused = HttpServer::start("unix:" + dir_ + "/file", echo);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ExitCode::bad_config);
  EXPECT_TRUE(std::filesystem::exists(dir_ + "/file"));
}

TEST(HttpListen, OnlyLoopbackAndUnixSocketsAreTaken) {
  for (const char* listen :
       {"0.0.0.0:8787", "example.org:80", "8787", "127.0.0.1:", "127.0.0.1:70000", "unix:", ""}) {
    const auto server = HttpServer::start(listen, echo);
    ASSERT_FALSE(server.has_value()) << listen;
    EXPECT_EQ(server.error().code, ExitCode::bad_config) << listen;
  }
}

TEST(HttpListen, APortInUseIsTemporary) {
  const auto first = HttpServer::start("127.0.0.1:0", echo);
  ASSERT_TRUE(first.has_value());
  const auto second = HttpServer::start((*first)->address(), echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ExitCode::temporary);
}

}  // namespace
}  // namespace blockwatch
