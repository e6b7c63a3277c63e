#include "cli/generate/draft.h"

#include <array>

#include "cli/generate/random.h"

namespace blockwatch {
namespace {

void append_padded(std::uint64_t value, unsigned width, std::string& out) {
  std::array<char, 20> digits{};
  for (unsigned i = width; i > 0; --i) {
    digits[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits.data(), width);
}

// What JSON demands and nothing more.
void append_escaped(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

// `"name":"text",`
void append_member(std::string_view name, std::string_view text, std::string& out) {
  out += '"';
  out += name;
  out += "\":\"";
  out += text;
  out += "\",";
}

void append_optional(std::string_view name, std::string_view text, bool null, std::string& out) {
  if (!text.empty()) {
    append_member(name, text, out);
  } else if (null) {
    out += '"';
    out += name;
    out += "\":null,";
  }
}

// Replaces the comma behind the last member.
void close(char bracket, std::string& out) {
  if (out.back() == ',') out.pop_back();
  out += bracket;
}

void append_origin(const Draft& d, std::string& out) {
  out += "\"origin\":{";
  if (d.omitted != Field::ori) append_member("ori", d.ori, out);
  append_optional("line", d.line, d.null_optionals, out);
  append_optional("user", d.user, d.null_optionals, out);
  close('}', out);
  out += ',';
}

void append_destinations(const Draft& d, std::string& out) {
  out += "\"destinations\":";
  if (!d.raw_destinations.empty()) {
    out += d.raw_destinations;
  } else {
    out += '[';
    for (const std::string& destination : d.destinations) {
      out += '"';
      out += destination;
      out += "\",";
    }
    close(']', out);
  }
  out += ',';
}

void append_results(const Draft& d, std::string& out) {
  if (d.results.empty()) return;
  out += "\"results\":[";
  for (const Draft::Result& result : d.results) {
    out += '{';
    append_member("destination", result.destination, out);
    append_member("outcome", result.outcome, out);
    close('}', out);
    out += ',';
  }
  close(']', out);
  out += ',';
}

}  // namespace

void Draft::clear() {
  id.clear();
  form = {};
  message_key.clear();
  ori.clear();
  line.clear();
  destinations.clear();
  results.clear();
  channel = purpose = reason = outcome = user = first_name = last_name = {};
  image = Image::absent;
  subject = true;
  kind = KeyKind::other;
  reaches = false;
  extra.clear();
  omitted = Field::none;
  null_optionals = false;
  raw_time.clear();
  raw_destinations.clear();
}

std::string_view DraftWriter::day_text(std::int64_t day) {
  Day& slot = days_[static_cast<std::uint64_t>(day) % kDays];
  if (slot.number != day) {
    slot.number = day;
    slot.text = format_utc_day(day * kDay);
  }
  return slot.text;
}

void DraftWriter::write_time(TimeNs time, const TimeForm& form, std::string& out) {
  const TimeNs local = time + form.offset_minutes * kMinute;
  const std::int64_t day = bucket_of(local, kDay);
  const auto rest = static_cast<std::uint64_t>(local - day * kDay);
  const std::uint64_t seconds = rest / static_cast<std::uint64_t>(kSecond);
  out += day_text(day);
  out += form.lower_case ? 't' : 'T';
  append_padded(seconds / 3600, 2, out);
  out += ':';
  append_padded(seconds / 60 % 60, 2, out);
  if (!form.minute_only) {
    out += ':';
    append_padded(form.leap_second ? 60 : seconds % 60, 2, out);
    if (form.fraction_digits > 0) {
      const std::size_t dot = out.size();
      out += '.';
      append_padded(rest % static_cast<std::uint64_t>(kSecond), 9, out);
      out += "731";  // what lies beyond nanoseconds is cut by every reader
      out.resize(dot + 1 + static_cast<std::size_t>(form.fraction_digits));
    }
  }
  if (form.zulu) {
    out += form.lower_case ? 'z' : 'Z';
    return;
  }
  out += form.offset_minutes < 0 ? '-' : '+';
  const auto offset =
      static_cast<std::uint64_t>(form.offset_minutes < 0 ? -form.offset_minutes : form.offset_minutes);
  append_padded(offset / 60, 2, out);
  out += ':';
  append_padded(offset % 60, 2, out);
}

void DraftWriter::write_personal(const Draft& d, std::string& out) {
  std::uint64_t digits = d.personal_digits;
  const auto take = [&digits](std::uint64_t n) {
    const std::uint64_t value = digits % n;
    digits /= n;
    return value;
  };
  out += "\"control_field\":\"";
  append_padded(take(10'000'000), 10, out);
  out += "\",";
  if (!d.subject) return;
  out += "\"attention\":\"DET ";
  out += d.last_name;
  out += " CASE ";
  append_padded(take(10'000), 4, out);
  out += "\",\"subject\":{\"name\":\"";
  out += d.last_name;
  out += ", ";
  out += d.first_name;
  out += "\",\"dob\":\"";
  append_padded(1940 + take(65), 4, out);
  out += '-';
  append_padded(1 + take(12), 2, out);
  out += '-';
  append_padded(1 + take(28), 2, out);
  out += "\",\"oln\":\"";
  out += static_cast<char>('A' + take(26));
  append_padded(scatter(d.personal_digits) % 10'000'000, 7, out);
  out += "\",\"plate\":\"";
  append_padded(scatter(d.personal_digits + 1) % 1'000, 3, out);
  out += static_cast<char>('A' + take(26));
  out += static_cast<char>('A' + take(26));
  out += "\"},";
}

void DraftWriter::write(const Draft& d, std::string& out) {
  out += '{';
  if (d.omitted != Field::id) {
    out += "\"id\":\"";
    append_escaped(d.id, out);
    out += "\",";
  }
  if (d.omitted != Field::time) {
    out += "\"time\":";
    if (d.raw_time.empty()) {
      out += '"';
      write_time(d.time, d.form, out);
      out += '"';
    } else {
      out += d.raw_time;
    }
    out += ',';
  }
  if (d.omitted != Field::message_key) append_member("message_key", d.message_key, out);
  if (d.omitted != Field::origin) append_origin(d, out);
  if (d.omitted != Field::destinations) append_destinations(d, out);
  append_optional("channel", d.channel, d.null_optionals, out);
  append_optional("purpose", d.purpose, d.null_optionals, out);
  append_optional("reason", d.reason, d.null_optionals, out);
  if (d.image != Draft::Image::absent) {
    out += d.image == Draft::Image::yes ? "\"image_requested\":true," : "\"image_requested\":false,";
  }
  write_personal(d, out);
  out += d.extra;
  append_optional("outcome", d.outcome, d.null_optionals, out);
  append_results(d, out);
  close('}', out);
}

}  // namespace blockwatch
