#include "cli/generate/traffic.h"

#include <algorithm>
#include <array>
#include <string>

#include "cli/generate/spoil.h"
#include "cli/generate/year_figures.h"

namespace blockwatch {
namespace {

using Text = std::string_view;

constexpr std::uint64_t kTooLargeMax = 5;  // a handful: each is 64 KiB
constexpr std::uint64_t kRecentRingBits = 7, kRecentRing = std::uint64_t{1} << kRecentRingBits;
constexpr std::uint64_t kRecentEvery = 16;  // of so many records one may be repeated soon
constexpr std::uint64_t kOldEvery = 64;
// Far from the 24 h of the duplicate window on both sides, so that the fate of a repeated id does not depend
// on how a partition's clock stands exactly.
constexpr TimeNs kRepeatedWithin = 6 * kHour, kUsedAgainAfter = 30 * kHour, kOldKept = 96 * kHour;

constexpr std::array<Text, 8> kUnknownCodes{"ZZ", "Q7", "99", "XX", "U1", "7A", "JJ", "E0"};
constexpr std::array<Text, 6> kUnusable{"ILLINOIS", "I", "", "IL-PD0010", "N Y", "MA*"};
constexpr std::array<Text, 5> kLines{"AX", "FB", "NA", "IP", "CN"};  // of the example catalog

// What counts as late unless a configuration says otherwise; and how far from it a clock may stand from the
// time of sending.
constexpr TimeNs kLateness = 48 * kHour, kClockSlack = 10 * kHour;

// In the letter's year, and surely late or surely not.
bool is_certain(TimeNs time, TimeNs sent_at) {
  const TimeNs behind = sent_at - time;
  return time >= kYearFrom && time < kYearTo &&
         (behind < kLateness - kClockSlack || behind > kLateness + kClockSlack);
}

// Where a leap second would be.
TimeNs last_second_of_the_month_before(TimeNs time) {
  return first_of_month(bucket_of(time, kDay)) * kDay - kSecond;
}

void append_hex(std::uint64_t value, std::string& out) {
  constexpr Text kHex = "0123456789abcdef";
  for (unsigned shift = 64; shift > 0; shift -= 4) out += kHex[(value >> (shift - 4)) & 15U];
}

void lower(std::string& text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

Class class_of(const Draft& draft) {
  if (!draft.reaches) return Class::other;
  switch (draft.kind) {
    case KeyKind::driver_license:
      return Class::driver_license;
    case KeyKind::driver_history:
      return Class::driver_history;
    case KeyKind::registration:
      return Class::registration;
    case KeyKind::other:
    case KeyKind::answer:
      break;
  }
  return Class::other;
}

}  // namespace

std::uint32_t partition_of(std::string_view key, std::uint32_t partitions) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return static_cast<std::uint32_t>(scatter(hash) % partitions);
}

Traffic::Traffic(const Population& population, const TrafficOptions& options)
    : population_(population),
      options_(options),
      random_(options.seed),
      composer_(population, options.plain_times),
      too_large_left_(kTooLargeMax),
      recent_(kRecentRing) {}

const AskerProfile& Traffic::asker() {
  return options_.year_askers == nullptr ? population_.asker(random_) : options_.year_askers->draw(random_);
}

const GeneratedRecord& Traffic::make(TimeNs sent_at) {
  record_.broker_time = (sent_at / kMillisecond + 1) * kMillisecond;
  record_.payload.clear();
  record_.intent = {};
  repeated_ = false;
  draft_.clear();
  draft_.id = "q-";
  append_hex(scatter(index_ + scatter(options_.seed)), draft_.id);
  const AskerProfile& from = asker();
  record_.intent.agency = from.agency;
  composer_.compose(from, sent_at, random_, draft_);
  if (options_.year_askers != nullptr) draft_.time = std::max(draft_.time, kYearFrom);
  bool written = false;
  if (random_.chance(options_.oddities_per_million)) {
    const std::uint64_t roll = random_.below(100);
    if (roll < 20) {
      written = repeat(sent_at);
    } else if (roll < 35) {
      written = reject(sent_at);
    } else {
      make_odd(sent_at);
    }
  }
  if (!written) {
    record_.key = draft_.id;
    writer_.write(draft_, record_.payload);
  }
  record_.partition = partition_of(record_.key, options_.partitions);
  conclude(sent_at);
  remember(sent_at);
  ++index_;
  return record_;
}

void Traffic::conclude(TimeNs sent_at) {
  Intent& intent = record_.intent;
  if (intent.fate == Fate::counted && draft_.kind == KeyKind::answer) intent.fate = Fate::out_of_scope;
  intent.cls = class_of(draft_);
  intent.time = draft_.time;
  intent.late = draft_.time < sent_at - kLateness;
}

void Traffic::make_odd(TimeNs sent_at) {
  switch (random_.below(3)) {
    case 0:
      spell_oddly();
      break;
    case 1:
      reach_oddly();
      break;
    default:
      time_oddly(sent_at);
      break;
  }
}

void Traffic::spell_oddly() {
  switch (random_.below(6)) {
    case 0:
      lower(draft_.ori);
      lower(draft_.message_key);
      lower(draft_.line);
      break;
    case 1:
      draft_.ori = "  " + draft_.ori + " ";
      break;
    case 2:
      for (std::string& destination : draft_.destinations) {
        lower(destination);
        destination = " " + destination + "  ";
      }
      break;
    case 3:
      draft_.null_optionals = true;
      break;
    case 4:
      draft_.id += random_.chance(500'000) ? " \xC3\xA9\"\\/\t" : std::string(128 - draft_.id.size(), 'x');
      break;
    default:
      draft_.form.lower_case = true;
      break;
  }
}

void Traffic::reach_oddly() {
  switch (random_.below(7)) {
    case 0:
      draft_.destinations.emplace_back(random_.pick(kUnusable));
      record_.intent.partial = true;
      break;
    case 1:
      draft_.destinations.emplace_back(random_.pick(kUnknownCodes));
      record_.intent.unknown_code = true;
      break;
    case 2:  // says more than was asked, in all the ways that a destination can be named
      draft_.results.push_back(
          {std::string(jurisdiction_code(population_.destination(random_))), "answered"});
      draft_.results.push_back({population_.region(random_), "no_record"});
      draft_.results.push_back(
          {population_.agency_of(population_.destination(random_), random_), "rejected"});
      if (random_.chance(300'000)) draft_.results.push_back({"NL", "error"});
      break;
    case 3:
      draft_.destinations.push_back(draft_.destinations.front());
      break;
    default:
      if (options_.year_askers == nullptr) ask_oddly();  // those have their own odd ones
      break;
  }
}

void Traffic::ask_oddly() {
  switch (random_.below(4)) {
    case 0:
      draft_.ori = population_.agency_of(population_.destination(random_), random_).substr(0, 2) + "XX";
      for (int i = 0; i < 5; ++i) draft_.ori += static_cast<char>('0' + random_.below(i < 3 ? 1 : 10));
      break;
    case 1:  // nobody knows the office, but the line that it came through
      draft_.ori = jurisdiction_code(population_.destination(random_));
      draft_.ori += "LINE001";
      draft_.line = random_.pick(kLines);
      break;
    case 2:
      draft_.ori = population_.lookalike(random_);
      break;
    default:
      draft_.ori = population_.doubtful_asker(random_).ori.view();
      break;
  }
}

void Traffic::time_oddly(TimeNs sent_at) {
  if (options_.plain_times) return;
  TimeForm& form = draft_.form;
  const std::uint64_t roll = random_.below(6);
  if (roll == 4) {
    form.fraction_digits = static_cast<int>(7 + random_.below(6));
    return;
  }
  const bool leap_second = roll == 5;
  const TimeNs time = leap_second ? last_second_of_the_month_before(sent_at) : odd_time(roll, sent_at);
  if (options_.year_askers != nullptr && !is_certain(time, sent_at)) return;
  draft_.time = time;
  if (leap_second) {
    form.leap_second = true;
    form.minute_only = false;
  }
}

TimeNs Traffic::odd_time(std::uint64_t roll, TimeNs sent_at) {
  if (roll == 0) return sent_at - random_.between(60, 49 * 3600) * kSecond;
  if (roll == 1) return sent_at - random_.between(47 * 3600, 30 * 24 * 3600) * kSecond;
  if (roll == 2) return sent_at - random_.between(30, 395) * kDay;
  return sent_at + random_.between(1, 240) * kSecond;
}

// Gives the draft an id that was there before. True: and took the whole payload too.
bool Traffic::repeat(TimeNs sent_at) {
  if (random_.chance(300'000)) {  // an id that the duplicate window has forgotten
    if (options_.year_askers != nullptr || old_.empty() || old_.front().at > sent_at - kUsedAgainAfter)
      return false;
    draft_.id = old_.front().id;
    old_.pop_front();
    repeated_ = true;
    return false;
  }
  // Most are sent again soon.
  const std::uint64_t back = random_.below(std::uint64_t{1} << random_.below(kRecentRingBits + 1));
  if (back >= remembered_) return false;
  const Sent& sent = recent_[(remembered_ - 1 - back) % kRecentRing];
  if (sent.at < sent_at - kRepeatedWithin) return false;
  draft_.id = record_.key = sent.id;
  repeated_ = true;
  const bool copied = random_.chance(700'000);  // else the same id with another content
  if (copied) record_.payload = sent.payload;
  if (copied || draft_.kind != KeyKind::answer) record_.intent.fate = Fate::duplicate;
  return copied && !record_.payload.empty();
}

bool Traffic::reject(TimeNs sent_at) {
  const auto reason = static_cast<RejectReason>(random_.below(kRejectReasonCount));
  if (reason == RejectReason::too_large && too_large_left_ == 0) return false;
  if (reason == RejectReason::too_large) --too_large_left_;
  record_.key = draft_.id;
  record_.intent.fate = Fate::rejected;
  record_.intent.reason = reason;
  spoil_draft(reason, sent_at, random_, draft_);
  writer_.write(draft_, record_.payload);
  spoil_payload(reason, random_, record_.payload);
  return true;
}

void Traffic::remember(TimeNs sent_at) {
  while (!old_.empty() && old_.front().at < sent_at - kOldKept) old_.pop_front();
  if (repeated_) return;
  if (index_ % kOldEvery == 1) old_.push_back({record_.key, {}, sent_at});
  if (index_ % kRecentEvery != 0) return;
  // A late record may leave a clock that has just started so far behind that its id is soon forgotten; what
  // did not count is not remembered at all.
  const bool certain = record_.intent.fate == Fate::counted && draft_.time > sent_at - kHour;
  if (options_.year_askers == nullptr || certain)
    recent_[remembered_++ % kRecentRing] = {record_.key, record_.payload, sent_at};
}

}  // namespace blockwatch
