#include "base/domain.h"

#include <algorithm>

#include "base/check.h"
#include "base/short_word.h"

namespace blockwatch {
namespace {

// 50 states, DC and five territories, bytewise sorted.
constexpr std::array<std::string_view, kJurisdictionCount> kCodes{
    "AK", "AL", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "GU", "HI",
    "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MI", "MN", "MO", "MP",
    "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA",
    "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY"};
static_assert(std::is_sorted(kCodes.begin(), kCodes.end()));

constexpr std::array<std::string_view, kClassCount> kClasses{"driver_license", "driver_history",
                                                             "registration", "other"};
constexpr std::array<std::string_view, kOutcomeCount> kOutcomes{"answered", "no_record", "rejected", "error",
                                                                "unknown"};
constexpr std::array<std::string_view, kVerdictCount> kVerdicts{"blocked", "excepted", "gap",
                                                                "watched", "shadow",   "none"};
constexpr std::array<std::string_view, 3> kVias{"named", "region", "nl"};
constexpr std::array<std::string_view, 5> kHows{"exact", "pattern", "line", "type", "unknown"};
constexpr std::array<std::string_view, kRejectReasonCount> kReasons{
    "too_large",      "bad_utf8", "not_json",    "trailing_bytes",   "bad_value", "duplicate_field",
    "missing_field",  "bad_time", "future_time", "before_retention", "bad_ori",   "too_many_destinations",
    "bad_destination"};

// Canada's postal codes without NL (the broadcast), and ICE's centre, NICB, FBI, TECS, Interpol, Canada.
constexpr std::array<std::string_view, 18> kForeignCodes{"AB", "BC", "MB", "NB", "NS", "NT",
                                                         "NU", "ON", "PE", "QC", "SK", "YT",
                                                         "AX", "NA", "FB", "TC", "IP", "CN"};

template <class Table>
std::optional<std::size_t> index_in(const Table& table, std::string_view name) {
  const auto at = std::find(table.begin(), table.end(), name);
  if (at == table.end()) return std::nullopt;
  return static_cast<std::size_t>(at - table.begin());
}

template <class Enum, class Table>
std::optional<Enum> value_in(const Table& table, std::string_view name) {
  const auto index = index_in(table, name);
  return index ? std::optional<Enum>(static_cast<Enum>(*index)) : std::nullopt;
}

template <class Table>
bool holds(const Table& table, std::string_view name) {
  return std::find(table.begin(), table.end(), name) != table.end();
}

// Two bytes -> jurisdiction + 1, or 0.
std::array<std::uint8_t, 65536> make_code_index() {
  std::array<std::uint8_t, 65536> index{};
  for (std::size_t i = 0; i < kCodes.size(); ++i) {
    const auto at = static_cast<std::size_t>(static_cast<unsigned char>(kCodes[i][0])) << 8U |
                    static_cast<unsigned char>(kCodes[i][1]);
    index[at] = static_cast<std::uint8_t>(i + 1);
  }
  return index;
}

}  // namespace

std::string_view jurisdiction_code(Jurisdiction jurisdiction) {
  BW_CHECK(jurisdiction < kJurisdictionCount);
  return kCodes[jurisdiction];
}

std::optional<Jurisdiction> jurisdiction_from(std::string_view code) {
  static const auto kIndex = make_code_index();
  if (code.size() != 2) return std::nullopt;
  const auto at = static_cast<std::size_t>(static_cast<unsigned char>(code[0])) << 8U |
                  static_cast<unsigned char>(code[1]);
  if (kIndex[at] == 0) return std::nullopt;
  return static_cast<Jurisdiction>(kIndex[at] - 1);
}

std::string_view name_of(Class value) {
  return kClasses.at(static_cast<std::size_t>(value));
}
std::string_view name_of(Outcome value) {
  return kOutcomes.at(static_cast<std::size_t>(value));
}
std::string_view name_of(Verdict value) {
  return kVerdicts.at(static_cast<std::size_t>(value));
}
std::string_view name_of(Via value) {
  return kVias.at(static_cast<std::size_t>(value));
}
std::string_view name_of(How value) {
  return kHows.at(static_cast<std::size_t>(value));
}
std::string_view name_of(RejectReason value) {
  return kReasons.at(static_cast<std::size_t>(value));
}
std::optional<Class> class_from(std::string_view name) {
  return value_in<Class>(kClasses, name);
}
std::optional<Outcome> outcome_from(std::string_view name) {
  return value_in<Outcome>(kOutcomes, name);
}
std::optional<RejectReason> reject_reason_from(std::string_view name) {
  return value_in<RejectReason>(kReasons, name);
}

// Nlets message keys (help centre articles on driver license, registration, driver history, and errors).
const MessageKey& message_key(std::string_view key) {
  static constexpr MessageKey kLicense{Class::driver_license, false, false};
  static constexpr MessageKey kHistory{Class::driver_history, false, false};
  static constexpr MessageKey kRegistration{Class::registration, false, false};
  static constexpr MessageKey kAnswer{Class::other, true, false};
  static constexpr MessageKey kSideChannel{Class::other, false, true};
  static constexpr MessageKey kOther{Class::other, false, false};
  if (key.size() > 8) return kOther;
  switch (short_word(key)) {
    case short_word("DQ"):
    case short_word("DQG"):
    case short_word("DNQ"):
      return kLicense;
    case short_word("KQ"):
      return kHistory;
    case short_word("RQ"):
    case short_word("RQG"):
    case short_word("RNQ"):
    case short_word("RPQ"):
      return kRegistration;
    case short_word("DR"):
    case short_word("DRG"):
    case short_word("DNR"):
    case short_word("KR"):
    case short_word("RR"):
    case short_word("RNR"):
    case short_word("RPR"):
    case short_word("IAR"):
    case short_word("ER"):
    case short_word("SM"):
      return kAnswer;
    case short_word("AM"):
    case short_word("LQ"):
    case short_word("NLQ"):
    case short_word("NFQ"):
      return kSideChannel;
    default:
      return kOther;
  }
}

bool is_known_foreign_code(std::string_view code) {
  return holds(kForeignCodes, code);
}

std::optional<Jurisdiction> jurisdiction_of_ori_prefix(std::string_view two_characters) {
  return jurisdiction_from(two_characters == "NB" ? "NE" : two_characters);
}

}  // namespace blockwatch
