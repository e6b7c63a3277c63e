#include "daemon/http/server.h"

#include <array>
#include <cstring>
#include <string_view>

#include <microhttpd.h>
#include <nlohmann/json.hpp>

#include "daemon/http/listener.h"

namespace blockwatch {
namespace {

constexpr unsigned kConnectionsMax = 256;
constexpr std::size_t kHeadBytesMax = 8192;
constexpr std::size_t kBlockBytes = 128 * 1024;  // of a stream, made and sent at once
constexpr unsigned kSilenceSecondsMax = 10;
// So that a long report does not hold up a health check.
constexpr unsigned kThreads = 4;

struct ResponseDeleter {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};

constexpr std::array<std::pair<const char*, const char*>, 3> kHeaders{{
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
}};

ssize_t read_stream(void* stream, std::uint64_t, char* out, std::size_t room) {
  const std::size_t n = static_cast<HttpStream*>(stream)->read(out, room);
  return n == 0 ? MHD_CONTENT_READER_END_OF_STREAM : static_cast<ssize_t>(n);
}

void delete_stream(void* stream) {
  delete static_cast<HttpStream*>(stream);
}

MHD_Response* response_of(HttpResponse& answer) {
  if (!answer.stream)
    return MHD_create_response_from_buffer(answer.body.size(), answer.body.data(), MHD_RESPMEM_MUST_COPY);
  auto stream = std::make_unique<HttpStream>(std::move(*answer.stream));
  MHD_Response* const response = MHD_create_response_from_callback(stream->size, kBlockBytes, &read_stream,
                                                                   stream.get(), &delete_stream);
  if (response != nullptr) static_cast<void>(stream.release());  // delete_stream() has it
  return response;
}

MHD_Result send(MHD_Connection* connection, HttpResponse answer) {
  const std::unique_ptr<MHD_Response, ResponseDeleter> response(response_of(answer));
  if (!response) return MHD_NO;
  MHD_add_response_header(response.get(), "Content-Type", answer.content_type.c_str());
  for (const auto& [name, value] : kHeaders) MHD_add_response_header(response.get(), name, value);
  if (answer.status == MHD_HTTP_METHOD_NOT_ALLOWED)
    MHD_add_response_header(response.get(), "Allow", "GET, HEAD");
  // Whatever follows a request that was refused, a body perhaps, is not read as another request.
  if (answer.status >= 400) MHD_add_response_header(response.get(), "Connection", "close");
  return MHD_queue_response(connection, static_cast<unsigned>(answer.status), response.get());
}

MHD_Result collect(void* query, MHD_ValueKind, const char* key, std::size_t key_size, const char* value,
                   std::size_t value_size) {
  static_cast<HttpRequest*>(query)->query.emplace_back(
      std::string(key, key_size), value == nullptr ? std::string() : std::string(value, value_size));
  return MHD_YES;
}

// A page of another site can make a browser ask for loopback under that site's name, and then read the
// answer.
bool is_own_name(std::string_view host) {
  for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
    if (host.starts_with(name) && (host.size() == name.size() || host[name.size()] == ':')) return true;
  }
  return false;
}

const char* header(MHD_Connection* connection, const char* name) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

bool has_body(MHD_Connection* connection) {
  const char* length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) != nullptr ||
         (length != nullptr && std::strcmp(length, "0") != 0);
}

}  // namespace

HttpResponse http_error(int status, const std::string& text) {
  const nlohmann::json body{{"error", text}};
  return {status, "application/json", body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

struct HttpServer::Impl {
  Impl(Listener l, Handler h) : listener(std::move(l)), handler(std::move(h)) {}

  // Called once with the head of a request, then again when the body, which we do not take, would be
  // complete.
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                               const char*, const char*, std::size_t* upload_size, void** seen) {
    const Impl& server = *static_cast<const Impl*>(self);
    if (std::strcmp(method, "GET") != 0 && std::strcmp(method, "HEAD") != 0) {
      return send(connection, http_error(405, "only GET and HEAD"));
    }
    if (*upload_size != 0 || has_body(connection))
      return send(connection, http_error(400, "a request has no body here"));
    if (*seen == nullptr) {
      *seen = self;
      return MHD_YES;
    }
    const char* host = header(connection, MHD_HTTP_HEADER_HOST);
    if (!server.listener.is_unix() && host != nullptr && !is_own_name(host)) {
      return send(connection, http_error(400, "the Host header must name loopback"));
    }
    HttpRequest request{url, {}};
    MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, collect, &request);
    return send(connection, server.handler(request));
  }

  Listener listener;
  Handler handler;
  MHD_Daemon* daemon = nullptr;
};

HttpServer::HttpServer() = default;

Expected<std::unique_ptr<HttpServer>> HttpServer::start(const std::string& listen, Handler handler) {
  auto listener = Listener::open(listen);
  if (!listener) return tl::unexpected(listener.error());
  std::unique_ptr<HttpServer> server(new HttpServer);
  server->impl_ = std::make_unique<Impl>(std::move(*listener), std::move(handler));
  server->impl_->daemon =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, &Impl::on_request,
                       server->impl_.get(), MHD_OPTION_LISTEN_SOCKET, server->impl_->listener.release_fd(),
                       MHD_OPTION_THREAD_POOL_SIZE, kThreads, MHD_OPTION_CONNECTION_LIMIT, kConnectionsMax,
                       MHD_OPTION_CONNECTION_MEMORY_LIMIT, kHeadBytesMax, MHD_OPTION_CONNECTION_TIMEOUT,
                       kSilenceSecondsMax, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
  if (server->impl_->daemon == nullptr)
    return fail(ExitCode::temporary, "the HTTP server does not start on " + listen);
  return server;
}

HttpServer::~HttpServer() {
  if (impl_ && impl_->daemon != nullptr) MHD_stop_daemon(impl_->daemon);
}

const std::string& HttpServer::address() const {
  return impl_->listener.address();
}

}  // namespace blockwatch
