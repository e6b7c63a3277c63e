#include "cli/generate/traffic.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/generate/spoil.h"
#include "cli/generate/weighted.h"

namespace blockwatch {
namespace {

using Text = std::string_view;

constexpr std::uint64_t kTooLargeMax = 5;  // a handful: each is 64 KiB
constexpr std::size_t kRecentRing = 128;
constexpr std::uint64_t kRecentEvery = 16;  // of so many records one may be repeated soon
constexpr std::uint64_t kOldEvery = 64;
// Far from the 24 h of the duplicate window on both sides, so that the fate of a repeated id does not depend
// on how a partition's clock stands exactly.
constexpr TimeNs kRepeatedWithin = 6 * kHour, kUsedAgainAfter = 30 * kHour, kOldKept = 96 * kHour;

const Weighted<Text>& keys() {
  static const Weighted<Text> kTable{
      {"DQ", 380}, {"RQ", 400}, {"DQG", 30}, {"DNQ", 15}, {"KQ", 40}, {"RQG", 10}, {"RNQ", 10},
      {"RPQ", 10}, {"IQ", 20},  {"FQ", 10},  {"AQ", 3},   {"BQ", 3},  {"AM", 12},  {"LQ", 3},
      {"NLQ", 2},  {"NFQ", 2},  {"TQ", 3},   {"IAQ", 7},  {"DR", 10}, {"RR", 10},  {"KR", 3},
      {"DRG", 1},  {"DNR", 1},  {"RNR", 1},  {"RPR", 1},  {"IAR", 1}, {"ER", 6},   {"SM", 2}};
  return kTable;
}

const Weighted<Text>& channels() {
  static const Weighted<Text> kTable{{"nlets", 800}, {"leads", 60}, {"clets", 40},
                                     {"web", 30},    {"NLETS", 30}, {"", 40}};
  return kTable;
}

const Weighted<Text>& outcomes() {
  static const Weighted<Text> kTable{{"answered", 700}, {"no_record", 180}, {"rejected", 50},
                                     {"error", 20},     {"unknown", 20},    {"", 30}};
  return kTable;
}

// What ICE gets from a state that has blocked it.
const Weighted<Text>& outcomes_of_a_block() {
  static const Weighted<Text> kTable{
      {"rejected", 900}, {"no_record", 50}, {"answered", 30}, {"error", 10}, {"unknown", 10}};
  return kTable;
}

const Weighted<int>& offsets() {
  static const Weighted<int> kTable{{-300, 300}, {-360, 300}, {-420, 100}, {-480, 150}, {0, 20},
                                    {-240, 60},  {-600, 5},   {600, 5},    {330, 1},    {840, 1}};
  return kTable;
}

constexpr std::array<Text, 4> kStatesOfTheLetter{"IL", "MA", "MN", "NY"};
constexpr std::array<Text, 7> kReasons{"N", "F", "V", "T", "S", "H", "I"};
constexpr std::array<Text, 4> kPurposes{"C", "F", "J", "E"};
constexpr std::array<Text, 12> kForeignCodes{"ON", "QC", "BC", "AB", "MB", "NA",
                                             "AX", "FB", "TC", "IP", "CN", "NS"};
constexpr std::array<Text, 8> kUnknownCodes{"ZZ", "Q7", "99", "XX", "U1", "7A", "JJ", "E0"};
constexpr std::array<Text, 6> kUnusable{"ILLINOIS", "I", "", "IL-PD0010", "N Y", "MA*"};
constexpr std::array<Text, 16> kFirstNames{"ALEX",  "BRIANA", "CARLOS", "DANA",  "ELENA", "FARID",
                                           "GRACE", "HUGO",   "IRENE",  "JAMAL", "KEIKO", "LUCIA",
                                           "MARCO", "NADIA",  "OLUWA",  "PETRA"};
constexpr std::array<Text, 16> kLastNames{
    "ABERNATHY", "BAKKER", "CASTELLANOS", "DUBOIS",   "EKSTROM", "FUJIMOTO", "GARCIA", "HOLLOWAY",
    "IBARRA",    "JANSEN", "KOWALSKI",    "LINDGREN", "MBEKI",   "NOVAK",    "OKAFOR", "PELLETIER"};
constexpr std::array<Text, 8> kUsers{"jdoe",   "asmith7", "mlopez", "t.nguyen",
                                     "kbrown", "rkhan",   "p0417",  "wmiller"};

void append_hex(std::uint64_t value, std::string& out) {
  constexpr Text kHex = "0123456789abcdef";
  for (unsigned shift = 64; shift > 0; shift -= 4) out += kHex[(value >> (shift - 4)) & 15U];
}

void lower(std::string& text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

bool takes_one_state(Text key) {
  return key == "KQ" || key == "RPQ";
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
      too_large_left_(kTooLargeMax),
      recent_(kRecentRing) {}

const GeneratedRecord& Traffic::make(TimeNs sent_at) {
  record_.broker_time = (sent_at / kMillisecond + 1) * kMillisecond;
  record_.payload.clear();
  draft_ordinary(sent_at);
  bool repeated = false;
  bool written = false;
  if (random_.chance(options_.oddities_per_million)) {
    const std::uint64_t roll = random_.below(100);
    if (roll < 20) {
      repeated = repeat(sent_at);
      written = !record_.payload.empty();
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
  remember(sent_at, repeated);
  ++index_;
  return record_;
}

void Traffic::draft_ordinary(TimeNs sent_at) {
  draft_.clear();
  draft_.id = "q-";
  append_hex(scatter(index_ + scatter(options_.seed)), draft_.id);
  draft_time(sent_at);
  draft_asker();
  draft_key();
  draft_destinations();
  draft_outcome(asker_is_ice_);
  draft_personal();
}

void Traffic::draft_time(TimeNs sent_at) {
  TimeForm& form = draft_.form;
  if (options_.plain_times) {
    draft_.time = sent_at;
    return;
  }
  draft_.time = sent_at - random_.between(0, 2'000) * kMillisecond;
  const std::uint64_t roll = random_.below(100);
  form.zulu = roll < 20;
  form.offset_minutes = form.zulu ? 0 : offsets().pick(random_);
  form.minute_only = random_.chance(60'000);  // the network's own header has no seconds
  form.fraction_digits = roll % 4 == 0 ? 2 : roll % 4 == 1 ? 0 : roll % 4 == 2 ? 3 : 6;
}

void Traffic::draft_asker() {
  const AskerProfile& asker = population_.asker(random_);
  asker_is_ice_ = asker.ice;
  draft_.ori = asker.ori.view();
  if (!asker.line.empty() && random_.chance(500'000)) draft_.line = asker.line;
}

void Traffic::draft_key() {
  const Text key = keys().pick(random_);
  draft_.message_key = key;
  if ((key == "DQ" || key == "KQ") && random_.chance(80'000)) {
    draft_.message_key += "/IMQ/Y";
  } else if (random_.chance(20'000)) {
    draft_.image = random_.chance(500'000) ? Draft::Image::yes : Draft::Image::no;
  }
  if (key == "KQ" || random_.chance(100'000)) draft_.purpose = random_.pick(kPurposes);
  draft_.channel = channels().pick(random_);
  if (random_.chance(400'000)) draft_.reason = random_.pick(kReasons);
}

void Traffic::draft_named(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool letter = asker_is_ice_ && random_.chance(400'000);
    const Text code =
        letter ? random_.pick(kStatesOfTheLetter) : jurisdiction_code(population_.destination(random_));
    draft_.destinations.emplace_back(code);
  }
}

void Traffic::draft_destinations() {
  const Text key = draft_.message_key;
  const std::uint64_t roll = random_.below(1'000);
  if (key == "IAQ") {
    draft_.destinations.emplace_back("AX");
  } else if (takes_one_state(key) || roll < 780) {
    draft_named(1);
  } else if (roll < 890) {
    draft_named(2 + random_.below(4));
  } else if (roll < 910) {
    draft_.destinations.push_back(population_.region(random_));
    if (random_.chance(300'000)) draft_named(1);
  } else if (roll < 920) {
    draft_.destinations.emplace_back("NL");
  } else if (roll < 970) {
    draft_.destinations.push_back(population_.agency_of(population_.destination(random_), random_));
  } else if (roll < 975) {
    draft_.destinations.push_back(population_.federal_agency(random_));
  } else if (roll < 980) {
    draft_.destinations.emplace_back(random_.chance(500'000) ? "NBNSP0000" : "ZZPD00100");
  } else {
    draft_.destinations.emplace_back(key == "RQ" ? "NA" : random_.pick(kForeignCodes));
    if (random_.chance(300'000)) draft_named(1);
  }
}

void Traffic::draft_outcome(bool ice) {
  const auto said_by = [&](const std::string& destination) -> Text {
    const bool blocked = ice && std::find(kStatesOfTheLetter.begin(), kStatesOfTheLetter.end(),
                                          destination) != kStatesOfTheLetter.end();
    return blocked ? outcomes_of_a_block().pick(random_) : outcomes().pick(random_);
  };
  draft_.outcome = said_by(draft_.destinations.front());
  if (draft_.destinations.size() == 1 && !random_.chance(10'000)) return;
  for (const std::string& destination : draft_.destinations) {
    if (!random_.chance(700'000)) continue;
    const Text outcome = said_by(destination);
    if (!outcome.empty()) draft_.results.push_back({destination, outcome});
  }
}

void Traffic::draft_personal() {
  draft_.user = random_.pick(kUsers);
  draft_.first_name = random_.pick(kFirstNames);
  draft_.last_name = random_.pick(kLastNames);
  draft_.personal_digits = random_.next();
  draft_.subject = random_.chance(900'000);
  if (random_.chance(100'000)) {
    draft_.extra = R"("terminal":"T-0417","remarks":{"entered_by":")";
    draft_.extra += draft_.user;
    draft_.extra += R"(","lines":[1,-2.5e3,null,true,"see \"file\" \u00e9"]},)";
  }
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
      break;
    case 1:
      draft_.destinations.emplace_back(random_.pick(kUnknownCodes));
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
    case 4:
      draft_.ori = population_.agency_of(population_.destination(random_), random_).substr(0, 2) + "XX";
      for (int i = 0; i < 5; ++i) draft_.ori += static_cast<char>('0' + random_.below(i < 3 ? 1 : 10));
      break;
    case 5:
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
  switch (random_.below(6)) {
    case 0:
      draft_.time = sent_at - random_.between(60, 49 * 3600) * kSecond;
      break;
    case 1:
      draft_.time = sent_at - random_.between(47 * 3600, 30 * 24 * 3600) * kSecond;
      break;
    case 2:
      draft_.time = sent_at - random_.between(30, 395) * kDay;
      break;
    case 3:
      draft_.time = sent_at + random_.between(1, 240) * kSecond;
      break;
    case 4:
      form.fraction_digits = static_cast<int>(7 + random_.below(6));
      break;
    default: {  // the leap second at the end of the month before
      const std::string month_start = format_utc_day(sent_at).substr(0, 8) + "01";
      draft_.time = parse_date(month_start).value() - kSecond;
      form.leap_second = true;
      form.minute_only = false;
      break;
    }
  }
}

// Gives the draft an id that was there before, and maybe the whole payload too.
bool Traffic::repeat(TimeNs sent_at) {
  if (random_.chance(300'000)) {  // an id that the duplicate window has forgotten
    if (old_.empty() || old_.front().at > sent_at - kUsedAgainAfter) return false;
    draft_.id = old_.front().id;
    old_.pop_front();
    return true;
  }
  const Sent& sent = recent_[random_.below(kRecentRing)];
  if (sent.at == kNoTime || sent.at < sent_at - kRepeatedWithin) return false;
  draft_.id = record_.key = sent.id;
  if (random_.chance(700'000)) record_.payload = sent.payload;  // else the same id with another content
  return true;
}

bool Traffic::reject(TimeNs sent_at) {
  const auto reason = static_cast<RejectReason>(random_.below(kRejectReasonCount));
  if (reason == RejectReason::too_large && too_large_left_ == 0) return false;
  if (reason == RejectReason::too_large) --too_large_left_;
  record_.key = draft_.id;
  spoil_draft(reason, sent_at, random_, draft_);
  writer_.write(draft_, record_.payload);
  spoil_payload(reason, random_, record_.payload);
  return true;
}

void Traffic::remember(TimeNs sent_at, bool repeated) {
  while (!old_.empty() && old_.front().at < sent_at - kOldKept) old_.pop_front();
  if (repeated) return;
  if (index_ % kRecentEvery == 0)
    recent_[index_ / kRecentEvery % kRecentRing] = {record_.key, record_.payload, sent_at};
  if (index_ % kOldEvery == 1) old_.push_back({record_.key, {}, sent_at});
}

}  // namespace blockwatch
