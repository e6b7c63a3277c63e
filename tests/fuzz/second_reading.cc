#include "tests/fuzz/second_reading.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "pipeline/parse.h"

namespace blockwatch::fuzz {
namespace {

using nlohmann::json;

constexpr std::size_t kRecordBytesMax = 65'536;
constexpr std::size_t kDepthMax = 64;
// 2025-11-12T20:05:00Z
constexpr std::int64_t kReferenceSeconds = 1'762'977'900;

/// Ends the reading with a reason.
struct Rejected {
  std::string reason;
};

// ---- JSON
bool is_utf8(std::string_view bytes) {
  try {
    (void)json(std::string(bytes)).dump(-1, ' ', false, json::error_handler_t::strict);
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

/// Looks for what the library takes and the contract does not: depth, integers beyond 64 bits, names twice.
class Strict : public nlohmann::json_sax<json> {
 public:
  bool is_refused() const { return refused_; }
  bool has_duplicate() const { return duplicate_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t& text) override {
    // An integer that does not fit is given as a double.
    return text.find_first_of(".eE") != string_t::npos || refuse();
  }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return refuse(); }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override {
    duplicate_ = !names_.back().insert(name).second || duplicate_;
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return refuse();
  }

 private:
  bool refuse() {
    refused_ = true;
    return false;
  }
  bool open() {
    names_.emplace_back();
    return names_.size() <= kDepthMax || refuse();
  }
  bool close() {
    names_.pop_back();
    return true;
  }

  bool refused_ = false;
  bool duplicate_ = false;
  std::vector<std::set<std::string>> names_;
};

json read_json(std::string_view payload) {
  if (payload.size() > kRecordBytesMax) throw Rejected{"too_large"};
  if (!is_utf8(payload)) throw Rejected{"bad_utf8"};
  // The library skips a mark and takes a NUL for the end.
  if (payload.starts_with("\xEF\xBB\xBF") || payload.find('\0') != std::string_view::npos)
    throw Rejected{"not_json"};
  Strict strict;
  if (!json::sax_parse(payload, &strict) || strict.is_refused()) throw Rejected{"not_json"};
  json value = json::parse(payload);
  if (!value.is_object()) throw Rejected{"bad_value"};
  if (strict.has_duplicate()) throw Rejected{"duplicate_field"};
  return value;
}

// ---- grammar
void require(bool holds) {
  if (!holds) throw Rejected{"bad_value"};
}

std::string upper(std::string text) {
  for (char& c : text) {
    if ('a' <= c && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool consists_of(const std::string& text, std::size_t max, std::string_view characters) {
  return !text.empty() && text.size() <= max && text.find_first_not_of(characters) == std::string::npos;
}
constexpr std::string_view kCode = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

const json* member(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

const json& needed(const json& object, const char* name) {
  const json* value = member(object, name);
  if (value == nullptr) throw Rejected{"missing_field"};
  return *value;
}

std::string text_of(const json& value) {
  require(value.is_string());
  return value.get<std::string>();
}

std::string optional_code(const json& object, const char* name, std::size_t max) {
  const json* value = member(object, name);
  if (value == nullptr) return "";
  std::string code = upper(text_of(*value));
  require(consists_of(code, max, kCode));
  return code;
}

std::string outcome_of(const std::string& name) {
  const std::set<std::string> known{"answered", "no_record", "rejected", "error", "unknown"};
  require(known.contains(name));
  return name;
}

struct Time {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  auto operator<=>(const Time&) const = default;
};

/// Takes characters from the front of a text.
class Taker {
 public:
  explicit Taker(std::string_view text) : text_(text) {}
  bool at_end() const { return text_.empty(); }
  bool next_is(std::string_view any) const {
    return !text_.empty() && any.find(text_.front()) != std::string_view::npos;
  }
  char take(std::string_view any) {
    if (!next_is(any)) throw Rejected{"bad_time"};
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }
  int number(int digits) {
    int value = 0;
    for (int i = 0; i < digits; ++i) value = value * 10 + (take("0123456789") - '0');
    return value;
  }

 private:
  std::string_view text_;
};

std::int64_t nanoseconds_of(Taker& text) {
  std::int64_t value = text.number(1);
  int digits = 1;
  for (; text.next_is("0123456789"); ++digits) {
    const int digit = text.number(1);
    if (digits < 9) value = value * 10 + digit;
  }
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

Time time_of(const std::string& written) {
  using namespace std::chrono;
  Taker text(written);
  const year y{text.number(4)};
  text.take("-");
  const month m{static_cast<unsigned>(text.number(2))};
  text.take("-");
  const year_month_day date{y, m, day{static_cast<unsigned>(text.number(2))}};
  text.take("Tt");
  const int hour = text.number(2);
  text.take(":");
  const int minute = text.number(2);
  int second = 0;
  Time time;
  if (text.next_is(":")) {
    text.take(":");
    second = text.number(2);
    if (text.next_is(".")) {
      text.take(".");
      time.nanoseconds = nanoseconds_of(text);
    }
  }
  std::int64_t offset = 0;
  const char sign = text.take("Zz+-");
  if (sign == '+' || sign == '-') {
    const int hours = text.number(2);
    text.take(":");
    const int minutes = text.number(2);
    if (hours > 23 || minutes > 59) throw Rejected{"bad_time"};
    offset = (sign == '+' ? 60 : -60) * (hours * std::int64_t{60} + minutes);
  }
  if (!text.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60) throw Rejected{"bad_time"};
  time.seconds = sys_days(date).time_since_epoch().count() * std::int64_t{86'400} + hour * 3600 +
                 minute * 60 + second - offset;
  if (second == 60) {  // the first second of a month, told as the last of the month before
    const sys_seconds next{seconds(time.seconds)};
    const auto midnight = floor<days>(next);
    if (next != midnight || year_month_day(midnight).day() != day{1}) throw Rejected{"bad_time"};
    time = {time.seconds - 1, 999'999'999};
  }
  return time;
}

struct Event {
  std::string id, key, ori, line, channel, purpose, outcome;
  Time time;
  bool photo = false;
  std::vector<std::string> destinations;
  std::vector<std::pair<std::string, std::string>> results;
};

void read_message_key(const json& record, Event& event) {
  const std::string key = upper(text_of(needed(record, "message_key")));
  std::size_t start = 0;
  while (true) {
    const std::size_t slash = key.find('/', start);
    const std::string part = key.substr(start, slash == std::string::npos ? slash : slash - start);
    require(consists_of(part, 8, kCode));
    if (start == 0) event.key = part;
    event.photo = event.photo || part == "IMQ";
    if (slash == std::string::npos) return;
    start = slash + 1;
  }
}

/// What no destination can be is kept as nothing.
std::string destination_of(const std::string& text) {
  const std::string code = upper(trimmed(text));
  return code.size() > 9 ? "" : code;
}

void read_results(const json& record, Event& event) {
  const json* results = member(record, "results");
  if (results == nullptr) return;
  require(results->is_array());
  for (const json& entry : *results) {
    require(entry.is_object());
    const std::string destination = text_of(needed(entry, "destination"));
    event.results.emplace_back(destination_of(destination), outcome_of(text_of(needed(entry, "outcome"))));
  }
}

void read_optional_fields(const json& record, Event& event) {
  event.channel = "unknown";
  if (const json* channel = member(record, "channel")) {
    event.channel = text_of(*channel);
    for (char& c : event.channel) c = 'A' <= c && c <= 'Z' ? static_cast<char>(c + 32) : c;
    require(consists_of(event.channel, 32, "abcdefghijklmnopqrstuvwxyz0123456789_.-"));
  }
  event.purpose = optional_code(record, "purpose", 2);
  (void)optional_code(record, "reason", 2);
  if (const json* image = member(record, "image_requested")) {
    require(image->is_boolean());
    event.photo = event.photo || image->get<bool>();
  }
  const json* outcome = member(record, "outcome");
  event.outcome = outcome == nullptr ? "unknown" : outcome_of(text_of(*outcome));
}

Event read_event(std::string_view payload) {
  const json record = read_json(payload);
  Event event;
  event.id = text_of(needed(record, "id"));
  require(!event.id.empty() && event.id.size() <= 128);
  const std::string time = text_of(needed(record, "time"));
  read_message_key(record, event);
  const json& origin = needed(record, "origin");
  require(origin.is_object());
  event.ori = upper(trimmed(text_of(needed(origin, "ori"))));
  event.line = optional_code(origin, "line", 4);
  const json& destinations = needed(record, "destinations");
  require(destinations.is_array());
  for (const json& entry : destinations) event.destinations.push_back(destination_of(text_of(entry)));
  read_optional_fields(record, event);
  read_results(record, event);

  event.time = time_of(time);
  constexpr std::int64_t kRetention = 3653 * std::int64_t{86'400};
  if (event.time > Time{kReferenceSeconds + 300, 0}) throw Rejected{"future_time"};
  if (event.time < Time{kReferenceSeconds - kRetention, 0}) throw Rejected{"before_retention"};
  if (event.ori.size() != 9 || !consists_of(event.ori, 9, kCode)) throw Rejected{"bad_ori"};
  if (event.destinations.size() > 64) throw Rejected{"too_many_destinations"};
  return event;
}

// ---- comparison
std::string fields_that_differ(const QueryEvent& got, const Event& want) {
  std::string wrong;
  const auto same = [&](const char* name, bool is_same) {
    if (!is_same) wrong += std::string(wrong.empty() ? "" : ", ") + name;
  };
  same("id", got.id == want.id);
  same("time", got.time == want.time.seconds * 1'000'000'000 + want.time.nanoseconds);
  same("message_key", got.key.view() == want.key);
  same("photo", got.photo_requested == want.photo);
  same("ori", got.ori.view() == want.ori);
  same("line", got.line.view() == want.line);
  same("purpose", got.purpose.view() == want.purpose);
  same("channel", got.channel.view() == want.channel);
  same("outcome", name_of(got.outcome) == want.outcome);
  same("destinations",
       std::equal(got.destinations.begin(), got.destinations.end(), want.destinations.begin(),
                  want.destinations.end(), [](const auto& a, const auto& b) { return a.view() == b; }));
  same("results", std::equal(got.results.begin(), got.results.end(), want.results.begin(), want.results.end(),
                             [](const auto& a, const auto& b) {
                               return a.destination.view() == b.first && name_of(a.outcome) == b.second;
                             }));
  return wrong;
}

bool is_no_json(std::string_view fate) {
  return fate == "not_json" || fate == "trailing_bytes";
}

}  // namespace

std::string difference(std::string_view payload) {
  static Parser parser(kRecordBytesMax);  // one for all, as in the product
  static QueryEvent event;
  const auto reason = parser.parse(
      {.partition = 0, .offset = 0, .broker_time = kReferenceSeconds * 1'000'000'000, .payload = payload},
      event);
  const std::string got = reason ? std::string(name_of(*reason)) : "accepted";
  std::string want = "accepted";
  try {
    const Event second = read_event(payload);
    if (got == want) {
      const std::string wrong = fields_that_differ(event, second);
      return wrong.empty() ? "" : "accepted by both, but these fields differ: " + wrong;
    }
  } catch (const Rejected& rejected) {
    want = rejected.reason;
  }
  // A lone surrogate is bad UTF-8 to the parser and no JSON to the library.
  if (got == want || (want == "not_json" && (is_no_json(got) || got == "bad_utf8"))) return "";
  return "the parser says " + got + ", the second reading " + want;
}

}  // namespace blockwatch::fuzz
