#include "base/log.h"

#include <atomic>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "base/time.h"

namespace blockwatch::log {
namespace {

std::atomic<Format> g_format{Format::logfmt};

constexpr std::string_view level_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::logger& logger() {
  static spdlog::logger instance = [] {
    spdlog::logger made("blockwatch", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("%v");
    made.flush_on(spdlog::level::trace);
    return made;
  }();
  return instance;
}

// Quoted as JSON where a bare word would be ambiguous; control characters and bad UTF-8 never reach the
// terminal raw.
std::string logfmt_value(const std::string& text) {
  const bool bare = !text.empty() && text.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                         "_-./:@%+,#*") == std::string::npos;
  return bare ? text : nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string render_logfmt(Level level, std::string_view event, std::string_view message,
                          std::initializer_list<Field> fields) {
  std::string line = "time=" + format_time(wall_clock_now()) + " level=" + std::string(level_name(level)) +
                     " event=" + std::string(event) + " msg=" + logfmt_value(std::string(message));
  for (const Field& f : fields) {
    line += ' ';
    line += f.key;
    line += '=';
    line += std::visit(
        [](const auto& v) {
          using V = std::decay_t<decltype(v)>;
          if constexpr (std::is_same_v<V, std::string>)
            return logfmt_value(v);
          else
            return nlohmann::json(v).dump();
        },
        f.value);
  }
  return line;
}

std::string render_json(Level level, std::string_view event, std::string_view message,
                        std::initializer_list<Field> fields) {
  nlohmann::ordered_json line;
  line["time"] = format_time(wall_clock_now());
  line["level"] = level_name(level);
  line["event"] = event;
  line["msg"] = message;
  for (const Field& f : fields) std::visit([&](const auto& v) { line[std::string(f.key)] = v; }, f.value);
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void configure(Level threshold, Format format) {
  g_format = format;
  logger().set_level(spdlog_level(threshold));
}

void write(Level level, std::string_view event, std::string_view message,
           std::initializer_list<Field> fields) {
  if (!logger().should_log(spdlog_level(level))) return;
  logger().log(spdlog_level(level), "{}",
               g_format == Format::json ? render_json(level, event, message, fields)
                                        : render_logfmt(level, event, message, fields));
}

}  // namespace blockwatch::log
