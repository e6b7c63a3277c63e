#include "bench/ceiling/event_reader.h"

#include <cstring>

#include "base/check.h"

namespace blockwatch::bench {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kRecordBytesMax = 65'536, kIdBytesMax = 128;
constexpr std::size_t kDepthMax = 64;

enum Needed : std::uint32_t { kId = 1, kTime = 2, kKey = 4, kOri = 8, kDestinations = 16, kAll = 31 };

// What a byte becomes; 0: it is not allowed.
using Table = std::array<char, 256>;

constexpr Table code_table() {
  Table table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = c;
  for (char c = 'A'; c <= 'Z'; ++c) {
    table[static_cast<unsigned char>(c)] = c;
    table[static_cast<unsigned char>(c) | 0x20U] = c;
  }
  return table;
}

constexpr Table channel_table() {
  Table table{};
  for (const char c : std::string_view("0123456789abcdefghijklmnopqrstuvwxyz_.-")) {
    table[static_cast<unsigned char>(c)] = c;
    if (c >= 'a' && c <= 'z') table[static_cast<unsigned char>(c) & 0xDFU] = c;
  }
  return table;
}

constexpr Table kCode = code_table();
constexpr Table kChannel = channel_table();

template <std::size_t kMax>
bool fill(std::string_view text, const Table& table, Code<kMax>& out) {
  if (text.empty() || text.size() > kMax) return false;
  out.size = static_cast<std::uint8_t>(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    out.text[i] = table[static_cast<unsigned char>(text[i])];
    if (out.text[i] == 0) return false;
  }
  return true;
}

template <std::size_t kSize>
bool same(std::string_view name, const char (&literal)[kSize]) {
  return name.size() == kSize - 1 && std::memcmp(name.data(), literal, kSize - 1) == 0;
}

bool text_of(element value, std::string_view& out) {
  return value.get_string().get(out) == simdjson::SUCCESS;
}

template <std::size_t kMax>
bool code_of(element value, Code<kMax>& out) {
  std::string_view text;
  return text_of(value, text) && fill(text, kCode, out);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// What is longer than an ORI is no destination; it stays empty and does not spoil the others.
bool destination_of(element value, Code<9>& out) {
  std::string_view text;
  if (!text_of(value, text)) return false;
  text = trimmed(text);
  out.size = 0;
  if (text.size() > 9) return true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char upper = kCode[static_cast<unsigned char>(text[i])];
    out.text[i] = upper != 0 ? upper : text[i];
  }
  out.size = static_cast<std::uint8_t>(text.size());
  return true;
}

bool ori_of(element value, Code<9>& out) {
  std::string_view text;
  return text_of(value, text) && fill(trimmed(text), kCode, out) && out.size == 9;
}

bool key_of(element value, TypedEvent& event) {
  std::string_view text;
  if (!text_of(value, text)) return false;
  std::size_t slash = text.find('/');
  if (!fill(text.substr(0, slash), kCode, event.key)) return false;
  if (same({event.key.text.data(), event.key.size}, "IMQ")) event.photo = true;
  while (slash != std::string_view::npos) {
    text.remove_prefix(slash + 1);
    slash = text.find('/');
    Code<8> part;
    if (!fill(text.substr(0, slash), kCode, part)) return false;
    if (same({part.text.data(), part.size}, "IMQ")) event.photo = true;
  }
  return true;
}

bool outcome_of(element value, Outcome& out) {
  std::string_view text;
  if (!text_of(value, text)) return false;
  if (same(text, "answered")) {
    out = Outcome::answered;
  } else if (same(text, "no_record")) {
    out = Outcome::no_record;
  } else if (same(text, "rejected")) {
    out = Outcome::rejected;
  } else if (same(text, "error")) {
    out = Outcome::error;
  } else if (same(text, "unknown")) {
    out = Outcome::unknown;
  } else {
    return false;
  }
  return true;
}

bool destinations_of(element value, TypedEvent& event) {
  simdjson::dom::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return false;
  for (const element item : list) {
    if (event.destination_count == event.destinations.size()) return false;
    if (!destination_of(item, event.destinations[event.destination_count++])) return false;
  }
  return true;
}

bool stands_before(object of, std::size_t count, std::string_view name) {
  for (auto at = of.begin(); count > 0; ++at, --count) {
    if (at.key() == name) return true;
  }
  return false;
}

/// Calls `take(name, value)` for each member until it says false. False: it did, or a name stands there
/// twice. One bit of 64 for a name: a new bit is a new name, and only an old one is looked for.
template <class Take>
bool each_member(object of, Take take) {
  std::uint64_t seen = 0;
  std::size_t count = 0;
  for (auto at = of.begin(), end = of.end(); at != end; ++at, ++count) {
    const std::string_view name = at.key();
    const std::size_t first = name.empty() ? 0 : static_cast<unsigned char>(name.front());
    const std::size_t last = name.empty() ? 0 : static_cast<unsigned char>(name.back());
    const std::uint64_t bit = std::uint64_t{1} << ((first + 3 * last + name.size()) % 64);
    if ((seen & bit) != 0 && stands_before(of, count, name)) return false;
    seen |= bit;
    if (!take(name, at.value())) return false;
  }
  return true;
}

}  // namespace

EventReader::EventReader() : padded_(kRecordBytesMax + simdjson::SIMDJSON_PADDING) {
  BW_CHECK(parser_.allocate(kRecordBytesMax, kDepthMax + 1) == simdjson::SUCCESS);
}

bool EventReader::read(const char* payload, std::size_t size, TypedEvent& event) {
  if (size == 0 || size > kRecordBytesMax || static_cast<unsigned char>(*payload) == 0xEF) return false;
  std::memcpy(padded_.data(), payload, size);  // simdjson reads past the end
  object root;
  if (parser_.parse(padded_.data(), size, false).get_object().get(root) != simdjson::SUCCESS) return false;
  found_ = 0;
  event.photo = false;
  event.line.size = event.purpose.size = event.reason.size = event.channel.size = 0;
  event.outcome = Outcome::unknown;
  event.destination_count = 0;
  event.results.clear();
  return each_member(root,
                     [&](std::string_view name, element value) { return read_member(name, value, event); }) &&
         found_ == kAll;
}

bool EventReader::read_member(std::string_view name, Element value, TypedEvent& event) {
  if (value.is_null()) return true;
  switch (name.size()) {
    case 2:
      if (!same(name, "id")) break;
      found_ |= kId;
      return text_of(value, event.id) && !event.id.empty() && event.id.size() <= kIdBytesMax;
    case 4: {
      if (!same(name, "time")) break;
      found_ |= kTime;
      std::string_view text;
      if (!text_of(value, text)) return false;
      const auto time = times_.read(text);
      event.time = time.value_or(0);
      return time.has_value();
    }
    case 6:
      if (same(name, "origin")) return read_origin(value, event);
      if (same(name, "reason")) return code_of(value, event.reason);
      break;
    case 7: {
      if (same(name, "outcome")) return outcome_of(value, event.outcome);
      if (same(name, "results")) return read_results(value, event);
      if (same(name, "purpose")) return code_of(value, event.purpose);
      std::string_view text;
      if (same(name, "channel")) return text_of(value, text) && fill(text, kChannel, event.channel);
      break;
    }
    case 11:
      if (!same(name, "message_key")) break;
      found_ |= kKey;
      return key_of(value, event);
    case 12:
      if (!same(name, "destinations")) break;
      found_ |= kDestinations;
      return destinations_of(value, event);
    case 15: {
      if (!same(name, "image_requested")) break;
      bool image = false;
      if (value.get_bool().get(image) != simdjson::SUCCESS) return false;
      event.photo = event.photo || image;
      return true;
    }
    default:
      break;
  }
  return inspect(value, 2);
}

bool EventReader::read_origin(Element value, TypedEvent& event) {
  Object origin;
  if (value.get_object().get(origin) != simdjson::SUCCESS) return false;
  return each_member(origin, [&](std::string_view name, element member) {
    if (member.is_null()) return true;
    if (same(name, "line")) return code_of(member, event.line);
    if (!same(name, "ori")) return inspect(member, 3);
    found_ |= kOri;
    return ori_of(member, event.ori);
  });
}

bool EventReader::read_results(Element value, TypedEvent& event) {
  simdjson::dom::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return false;
  for (const element item : list) {
    Object entry;
    if (item.get_object().get(entry) != simdjson::SUCCESS) return false;
    Result result;
    bool has_destination = false;
    bool has_outcome = false;
    const bool good = each_member(entry, [&](std::string_view name, element member) {
      if (same(name, "destination")) return has_destination = destination_of(member, result.destination);
      if (same(name, "outcome")) return has_outcome = outcome_of(member, result.outcome);
      return inspect(member, 4);
    });
    if (!good || !has_destination || !has_outcome) return false;
    event.results.push_back(result);
  }
  return true;
}

/// Of what nobody reads, only whether a name stands there twice. `depth`: containers open if `value` is one;
/// the parser bounds them too, but for empty ones.
bool EventReader::inspect(Element value, std::size_t depth) {
  if (value.is_object()) {
    return depth <= kDepthMax &&
           each_member(value.get_object().value_unsafe(),
                       [depth](std::string_view, element member) { return inspect(member, depth + 1); });
  }
  if (!value.is_array()) return true;
  if (depth > kDepthMax) return false;
  for (const element item : simdjson::dom::array(value.get_array().value_unsafe())) {
    if (!inspect(item, depth + 1)) return false;
  }
  return true;
}

}  // namespace blockwatch::bench
