#include "cli/generate/composer.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "cli/generate/weighted.h"

namespace blockwatch {
namespace {

using Text = std::string_view;

struct Key {
  Text text;
  KeyKind kind;
};

const Weighted<Key>& keys() {
  constexpr KeyKind kLicense = KeyKind::driver_license;
  constexpr KeyKind kRegistration = KeyKind::registration;
  constexpr KeyKind kOther = KeyKind::other;
  constexpr KeyKind kAnswer = KeyKind::answer;
  static const Weighted<Key> kTable{{{"DQ", kLicense}, 380},      {{"DQG", kLicense}, 30},
                                    {{"DNQ", kLicense}, 15},      {{"KQ", KeyKind::driver_history}, 40},
                                    {{"RQ", kRegistration}, 400}, {{"RQG", kRegistration}, 10},
                                    {{"RNQ", kRegistration}, 10}, {{"RPQ", kRegistration}, 10},
                                    {{"IQ", kOther}, 20},         {{"FQ", kOther}, 10},
                                    {{"AQ", kOther}, 3},          {{"BQ", kOther}, 3},
                                    {{"AM", kOther}, 12},         {{"LQ", kOther}, 3},
                                    {{"NLQ", kOther}, 2},         {{"NFQ", kOther}, 2},
                                    {{"TQ", kOther}, 3},          {{"IAQ", kOther}, 7},
                                    {{"DR", kAnswer}, 10},        {{"RR", kAnswer}, 10},
                                    {{"KR", kAnswer}, 3},         {{"DRG", kAnswer}, 1},
                                    {{"DNR", kAnswer}, 1},        {{"RNR", kAnswer}, 1},
                                    {{"RPR", kAnswer}, 1},        {{"IAR", kAnswer}, 1},
                                    {{"ER", kAnswer}, 6},         {{"SM", kAnswer}, 2}};
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

// The states of the letter, and since when each refuses ICE: as the example policy has it.
struct Refusal {
  Text state;
  TimeNs from;
};
constexpr std::array<Refusal, 4> kRefusals{{
    {"IL", 1'736'920'800 * kSecond},  // 2025-01-15T06:00:00Z
    {"MA", 1'735'707'600 * kSecond},  // 2025-01-01T05:00:00Z
    {"MN", 1'748'754'000 * kSecond},  // 2025-06-01T05:00:00Z
    {"NY", 1'592'366'400 * kSecond},  // 2020-06-17T04:00:00Z
}};

constexpr std::array<Text, 7> kReasons{"N", "F", "V", "T", "S", "H", "I"};
constexpr std::array<Text, 4> kPurposes{"C", "F", "J", "E"};
constexpr std::array<Text, 12> kForeignCodes{"ON", "QC", "BC", "AB", "MB", "NA",
                                             "AX", "FB", "TC", "IP", "CN", "NS"};
constexpr std::array<Text, 16> kFirstNames{"ALEX",  "BRIANA", "CARLOS", "DANA",  "ELENA", "FARID",
                                           "GRACE", "HUGO",   "IRENE",  "JAMAL", "KEIKO", "LUCIA",
                                           "MARCO", "NADIA",  "OLUWA",  "PETRA"};
constexpr std::array<Text, 16> kLastNames{
    "ABERNATHY", "BAKKER", "CASTELLANOS", "DUBOIS",   "EKSTROM", "FUJIMOTO", "GARCIA", "HOLLOWAY",
    "IBARRA",    "JANSEN", "KOWALSKI",    "LINDGREN", "MBEKI",   "NOVAK",    "OKAFOR", "PELLETIER"};
constexpr std::array<Text, 8> kUsers{"jdoe",   "asmith7", "mlopez", "t.nguyen",
                                     "kbrown", "rkhan",   "p0417",  "wmiller"};

void draft_asker(const AskerProfile& asker, Random& random, Draft& draft) {
  draft.ori = asker.ori.view();
  if (!asker.line.empty() && (asker.always_line || random.chance(500'000))) draft.line = asker.line;
}

void draft_key(Random& random, Draft& draft) {
  const auto& [key, kind] = keys().pick(random);
  draft.message_key = key;
  draft.kind = kind;
  if ((key == "DQ" || key == "KQ") && random.chance(80'000)) {
    draft.message_key += "/IMQ/Y";
  } else if (random.chance(20'000)) {
    draft.image = random.chance(500'000) ? Draft::Image::yes : Draft::Image::no;
  }
  if (key == "KQ" || random.chance(100'000)) draft.purpose = random.pick(kPurposes);
  draft.channel = channels().pick(random);
  if (random.chance(400'000)) draft.reason = random.pick(kReasons);
}

Text outcome_of(const std::string& destination, bool ice, Random& random, TimeNs time) {
  const bool refused = ice && std::any_of(kRefusals.begin(), kRefusals.end(), [&](const Refusal& refusal) {
                         return refusal.state == destination && time >= refusal.from;
                       });
  return (refused ? outcomes_of_a_block() : outcomes()).pick(random);
}

void draft_outcome(bool ice, Random& random, Draft& draft) {
  draft.outcome = outcome_of(draft.destinations.front(), ice, random, draft.time);
  if (draft.destinations.size() == 1 && !random.chance(10'000)) return;
  for (const std::string& destination : draft.destinations) {
    if (!random.chance(700'000)) continue;
    const Text outcome = outcome_of(destination, ice, random, draft.time);
    if (!outcome.empty()) draft.results.push_back({destination, outcome});
  }
}

void draft_personal(Random& random, Draft& draft) {
  draft.user = random.pick(kUsers);
  draft.first_name = random.pick(kFirstNames);
  draft.last_name = random.pick(kLastNames);
  draft.personal_digits = random.next();
  draft.subject = random.chance(900'000);
  if (random.chance(100'000)) {
    draft.extra = R"("terminal":"T-0417","remarks":{"entered_by":")";
    draft.extra += draft.user;
    draft.extra += R"(","lines":[1,-2.5e3,null,true,"see \"file\" \u00e9"]},)";
  }
}

}  // namespace

void Composer::compose(const AskerProfile& asker, TimeNs sent_at, Random& random, Draft& draft) const {
  draft_time(sent_at, random, draft);
  draft_asker(asker, random, draft);
  draft_key(random, draft);
  draft_destinations(asker.ice, random, draft);
  draft_outcome(asker.ice, random, draft);
  draft_personal(random, draft);
}

void Composer::draft_time(TimeNs sent_at, Random& random, Draft& draft) const {
  TimeForm& form = draft.form;
  if (plain_times_) {
    draft.time = sent_at;
    return;
  }
  draft.time = sent_at - random.between(0, 2'000) * kMillisecond;
  const std::uint64_t roll = random.below(100);
  form.zulu = roll < 20;
  form.offset_minutes = form.zulu ? 0 : offsets().pick(random);
  form.minute_only = random.chance(60'000);  // the network's own header has no seconds
  form.fraction_digits = roll % 4 == 0 ? 2 : roll % 4 == 1 ? 0 : roll % 4 == 2 ? 3 : 6;
}

void Composer::draft_named(std::uint64_t count, bool ice, Random& random, Draft& draft) const {
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool letter = ice && random.chance(400'000);
    draft.destinations.emplace_back(letter ? random.pick(kRefusals).state
                                           : jurisdiction_code(population_.destination(random)));
  }
  draft.reaches = true;
}

void Composer::draft_destinations(bool ice, Random& random, Draft& draft) const {
  const Text key = draft.message_key;
  const std::uint64_t roll = random.below(1'000);
  auto& destinations = draft.destinations;
  if (key == "IAQ") {
    destinations.emplace_back("AX");
  } else if (draft.kind == KeyKind::driver_history || key == "RPQ" || roll < 780) {
    draft_named(1, ice, random, draft);
  } else if (roll < 890) {
    draft_named(2 + random.below(4), ice, random, draft);
  } else if (roll < 910) {
    destinations.push_back(population_.region(random));
    draft.reaches = true;
    if (random.chance(300'000)) draft_named(1, ice, random, draft);
  } else if (roll < 920) {
    destinations.emplace_back("NL");
    draft.reaches = true;
  } else if (roll < 970) {
    destinations.push_back(population_.agency_of(population_.destination(random), random));
    draft.reaches = true;
  } else if (roll < 975) {
    destinations.push_back(population_.federal_agency(random));
  } else if (roll < 980) {
    draft.reaches = random.chance(500'000);
    destinations.emplace_back(draft.reaches ? "NBNSP0000" : "ZZPD00100");
  } else {
    destinations.emplace_back(key == "RQ" ? "NA" : random.pick(kForeignCodes));
    if (random.chance(300'000)) draft_named(1, ice, random, draft);
  }
}

}  // namespace blockwatch
