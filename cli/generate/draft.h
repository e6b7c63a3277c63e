// A query event before it is written as JSON: what the generator decides about it, and how it is spelled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace blockwatch {

/// How a time is spelled. The time itself is cut to what the form can show.
struct TimeForm {
  int offset_minutes = 0;
  bool zulu = true;  // `Z` instead of an offset; then offset_minutes is 0
  bool minute_only = false;
  bool lower_case = false;   // `t` and `z`
  int fraction_digits = 3;   // 0-12; those beyond nanoseconds are made up
  bool leap_second = false;  // `:60` instead of the seconds; the caller sees to it that it is one
};

enum class Field : std::uint8_t { none, id, time, message_key, origin, ori, destinations };

/// What a message key asks for, by the generator's own table.
enum class KeyKind : std::uint8_t { driver_license, driver_history, registration, other, answer };

/// One message. Texts are written as they stand, so they hold nothing that JSON would have to escape, except
/// for `id`. Reused from message to message.
struct Draft {
  std::string id;
  TimeNs time = 0;
  TimeForm form;
  std::string message_key;
  std::string ori;
  std::string line;
  std::vector<std::string> destinations;
  struct Result {
    std::string destination;
    std::string_view outcome;
  };
  std::vector<Result> results;
  std::string_view channel, purpose, reason, outcome;  // empty: absent
  enum class Image : std::uint8_t { absent, no, yes } image = Image::absent;
  std::string_view user, first_name, last_name;  // of the person asked about, but for `user`; made up
  std::uint64_t personal_digits = 0;             // everything else about that person comes from these
  bool subject = true;

  // ---- what it is meant to be
  KeyKind kind = KeyKind::other;
  bool reaches = false;  // a jurisdiction, by one of its destinations

  // ---- how it is spelled
  std::string extra;  // further members, each with a comma behind it
  Field omitted = Field::none;
  bool null_optionals = false;   // absent optional fields stand there as null
  std::string raw_time;          // JSON to stand in place of the value, if not empty
  std::string raw_destinations;  // the same

  void clear();
};

/// Writes drafts as one line of JSON. Keeps the last days' texts, so that writing a time is cheap. Thread:
/// one.
class DraftWriter {
 public:
  /// Appends to `out`.
  void write(const Draft& draft, std::string& out);
  void write_time(TimeNs time, const TimeForm& form, std::string& out);

 private:
  std::string_view day_text(std::int64_t day);
  void write_personal(const Draft& draft, std::string& out);

  struct Day {
    std::int64_t number = INT64_MIN;
    std::string text;
  };
  static constexpr std::size_t kDays = 64;
  std::vector<Day> days_{kDays};
};

}  // namespace blockwatch
