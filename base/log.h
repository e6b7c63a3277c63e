// The one place that logs: structured lines (event name, then key=value pairs), to standard error or the
// journal.
//
// Never pass personal data: no payload, no id in clear, no field that the contract lists as never stored.
// Thread: any.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace blockwatch::log {

enum class Level { debug, info, warning, error };
enum class Format { logfmt, json };

/// A pair of a structured line; numbers keep their type in JSON.
struct Field {
  template <class T>
  Field(std::string_view k, T&& v) : key(k), value(make(std::forward<T>(v))) {}
  std::string_view key;
  std::variant<std::string, std::int64_t, double, bool> value;

 private:
  template <class T>
  static std::variant<std::string, std::int64_t, double, bool> make(T&& v) {
    using D = std::decay_t<T>;
    if constexpr (std::is_same_v<D, bool>)
      return v;
    else if constexpr (std::is_floating_point_v<D>)
      return static_cast<double>(v);
    else if constexpr (std::is_integral_v<D>)
      return static_cast<std::int64_t>(v);
    else
      return std::string(std::forward<T>(v));
  }
};

/// Called once at start, before any thread. Default: logfmt, info.
void configure(Level threshold, Format format);

/// One line. `event` is a short stable name (`commit_failed`), `message` a sentence for a person.
void write(Level level, std::string_view event, std::string_view message,
           std::initializer_list<Field> fields = {});

inline void info(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, message, fields);
}
inline void warning(std::string_view event, std::string_view message,
                    std::initializer_list<Field> fields = {}) {
  write(Level::warning, event, message, fields);
}
inline void error(std::string_view event, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
  write(Level::error, event, message, fields);
}

}  // namespace blockwatch::log
