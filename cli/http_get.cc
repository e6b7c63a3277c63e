#include "cli/http_get.h"

#include <cstddef>
#include <memory>

#include <curl/curl.h>
#include <nlohmann/json.hpp>

namespace blockwatch {
namespace {

constexpr long kConnectSeconds = 5;
constexpr long kAnswerSeconds = 300;  // a year's report by ORI takes its time
constexpr std::string_view kUnixPrefix = "unix:";

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

std::size_t append_body(char* data, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

std::string escaped(CURL* curl, const std::string& text) {
  const std::unique_ptr<char, decltype(&curl_free)> out(
      curl_easy_escape(curl, text.c_str(), static_cast<int>(text.size())), &curl_free);
  return out ? out.get() : "";
}

std::string address(CURL* curl, const std::string& url, const std::string& resource,
                    const QueryParameters& parameters) {
  std::string out = url.starts_with(kUnixPrefix) ? "http://localhost" : url;
  while (out.ends_with('/')) out.pop_back();
  out += resource;
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    out += separator + name + '=' + escaped(curl, value);
    separator = '&';
  }
  return out;
}

// The daemon's own words, from its JSON or as they are.
std::string refusal(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string())
    return json["error"].get<std::string>();
  return body.substr(0, body.find_last_not_of("\r\n") + 1);
}

Expected<std::string> judge(CURLcode result, long status, std::string body, const std::string& url) {
  if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST) {
    return fail(ExitCode::temporary,
                "no daemon answers at " + url + " (" + curl_easy_strerror(result) +
                    "; start blockwatchd, or read a stopped one's state with --state-dir)");
  }
  if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL) {
    return fail(ExitCode::usage, "bad --url '" + url + "' (http://HOST:PORT or unix:/PATH/TO/SOCKET)");
  }
  if (result != CURLE_OK) return fail(ExitCode::temporary, url + ": " + curl_easy_strerror(result));
  if (status >= 400 && status < 500) return fail(ExitCode::usage, refusal(body));
  if (status != 200)
    return fail(ExitCode::temporary, url + " answers " + std::to_string(status) + ": " + refusal(body));
  return body;
}

}  // namespace

Expected<std::string> http_get(const std::string& url, const std::string& resource,
                               const QueryParameters& parameters) {
  const bool socket = url.starts_with(kUnixPrefix);
  if (!socket && !url.starts_with("http://")) return judge(CURLE_URL_MALFORMAT, 0, "", url);
  const Handle curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return fail(ExitCode::temporary, "libcurl cannot start");
  std::string body;
  const std::string target = address(curl.get(), url, resource, parameters);
  const std::string path = socket ? url.substr(kUnixPrefix.size()) : "";
  curl_easy_setopt(curl.get(), CURLOPT_URL, target.c_str());
  if (socket) curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, path.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");  // a daemon on loopback is behind no proxy
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kAnswerSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode result = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  return judge(result, status, std::move(body), url);
}

}  // namespace blockwatch
