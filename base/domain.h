// The domain's closed sets: jurisdictions, classes, outcomes, verdicts, reject reasons, and their names in
// output.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace blockwatch {

/// The 56: the states, DC, AS GU MP PR VI. The value is the index in bytewise order of the postal codes, so
/// that order by value is order by code.
using Jurisdiction = std::uint8_t;
inline constexpr std::size_t kJurisdictionCount = 56;
std::string_view jurisdiction_code(Jurisdiction jurisdiction);
std::optional<Jurisdiction> jurisdiction_from(std::string_view code);

/// A set of jurisdictions as bits.
class JurisdictionSet {
 public:
  constexpr JurisdictionSet() = default;
  static constexpr JurisdictionSet all() {
    return JurisdictionSet((std::uint64_t{1} << kJurisdictionCount) - 1);
  }
  constexpr bool contains(Jurisdiction j) const { return (bits_ >> j & 1U) != 0; }
  constexpr void insert(Jurisdiction j) { bits_ |= std::uint64_t{1} << j; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint64_t bits() const { return bits_; }
  friend constexpr JurisdictionSet operator|(JurisdictionSet a, JurisdictionSet b) {
    return JurisdictionSet(a.bits_ | b.bits_);
  }
  friend constexpr JurisdictionSet operator&(JurisdictionSet a, JurisdictionSet b) {
    return JurisdictionSet(a.bits_ & b.bits_);
  }
  friend constexpr JurisdictionSet operator-(JurisdictionSet a, JurisdictionSet b) {
    return JurisdictionSet(a.bits_ & ~b.bits_);
  }
  friend constexpr bool operator==(JurisdictionSet, JurisdictionSet) = default;
  /// Calls f(Jurisdiction) in order of code.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint64_t rest = bits_; rest != 0; rest &= rest - 1)
      f(static_cast<Jurisdiction>(__builtin_ctzll(rest)));
  }

 private:
  explicit constexpr JurisdictionSet(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t bits_ = 0;
};

/// The values are part of the stored format: append only.
enum class Class : std::uint8_t { driver_license = 0, driver_history = 1, registration = 2, other = 3 };
enum class Outcome : std::uint8_t {
  answered = 0,
  no_record = 1,
  rejected = 2,
  error = 3,
  unknown = 4
};  // strongest first
enum class Verdict : std::uint8_t { blocked = 0, excepted = 1, gap = 2, watched = 3, shadow = 4, none = 5 };
enum class Via : std::uint8_t { named = 0, region = 1, nl = 2 };  // most direct first
enum class How : std::uint8_t { exact = 0, pattern = 1, line = 2, type = 3, unknown = 4 };

/// In the order in which they are tested.
enum class RejectReason : std::uint8_t {
  too_large = 0,
  bad_utf8,
  not_json,
  trailing_bytes,
  bad_value,
  duplicate_field,
  missing_field,
  bad_time,
  future_time,
  before_retention,
  bad_ori,
  too_many_destinations,
  bad_destination,
};

/// What the quality cube counts; the values are its cell codes. The first 13 equal the reject reasons.
enum class Quality : std::uint8_t {
  too_large = 0,
  bad_utf8,
  not_json,
  trailing_bytes,
  bad_value,
  duplicate_field,
  missing_field,
  bad_time,
  future_time,
  before_retention,
  bad_ori,
  too_many_destinations,
  bad_destination,
  duplicate = 32,
  out_of_scope,
  late,
  dedup_evicted,
  bad_destination_partial,
  stray_results,
  unknown_codes,
};

inline constexpr std::size_t kClassCount = 4, kOutcomeCount = 5, kVerdictCount = 6, kRejectReasonCount = 13;

std::string_view name_of(Class value);
std::string_view name_of(Outcome value);
std::string_view name_of(Verdict value);
std::string_view name_of(Via value);
std::string_view name_of(How value);
std::string_view name_of(RejectReason value);
std::optional<Class> class_from(std::string_view name);
std::optional<Outcome> outcome_from(std::string_view name);
std::optional<RejectReason> reject_reason_from(std::string_view name);

/// What a message key (the part before the first '/') says; shipped data, domain.md "A query on the wire".
struct MessageKey {
  Class cls;
  bool out_of_scope;  // an answer or a status: counted per partition, nothing else
  bool side_channel;  // AM LQ NLQ NFQ
};
const MessageKey& message_key(std::string_view key);

/// Postal and other codes that are known but no jurisdictions (Canada, AX NA FB TC IP CN).
bool is_known_foreign_code(std::string_view code);

/// The jurisdiction that an ORI's first two characters name (`NB` = NE), if any.
std::optional<Jurisdiction> jurisdiction_of_ori_prefix(std::string_view two_characters);

/// The four reserved agencies, in the order of the enumeration below.
inline constexpr std::array<std::string_view, 4> kReservedAgencies{"unknown", "ambiguous", "unclassified",
                                                                   "federal_unclassified"};
enum class ReservedAgency : std::uint8_t { unknown = 0, ambiguous, unclassified, federal_unclassified };

}  // namespace blockwatch
