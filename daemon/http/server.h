// HTTP/1.1 for GET and HEAD on loopback or a Unix socket, by libmicrohttpd
// (docs/decisions/0004-http-server.md).
//
// Guarantees: at most 256 connections, a further one waits; the head of a request takes at most 8 KiB; a
// connection that is silent for 10 s is closed; no request has a body; every answer says no-store, nosniff
// and a policy that lets a browser run nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace blockwatch {

struct HttpRequest {
  std::string path;                                        // unescaped
  std::vector<std::pair<std::string, std::string>> query;  // unescaped, in the order given
};

/// A body that is made while it is sent. `read` writes the next bytes, at most so many as there is room, and
/// returns how many; in sequence, from any one thread at a time.
struct HttpStream {
  std::uint64_t size = 0;  // bytes of all of it
  std::function<std::size_t(char* out, std::size_t room)> read;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::optional<HttpStream> stream{};  // instead of body
};

/// `{"error":"…"}`.
HttpResponse http_error(int status, const std::string& text);

/// Runs from start() to its destruction, which waits for the requests that are being answered.
class HttpServer {
 public:
  /// Called from the server's threads, several at a time.
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  /// Errors as Listener::open, and 75 where the server does not start.
  static Expected<std::unique_ptr<HttpServer>> start(const std::string& listen, Handler handler);
  ~HttpServer();

  /// Where it listens: as configured, with the port that was chosen.
  const std::string& address() const;

 private:
  HttpServer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
