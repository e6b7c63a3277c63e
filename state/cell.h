// A cell's dimensions packed into 64 bits, most significant first, so that numeric order groups by
// jurisdiction:
//
//   disclosures, oris   0, jurisdiction 6, agency 20, channel 24, class 2, photo 1, outcome 3, verdict 3 bits
//   messages            agency 20, class 2 bits
//   quality             the value of Quality
//
// agency and channel are dictionary ids. A dictionary that outgrows its bits ends the process (exit 65): a
// count under a wrong name would be worse. 1 M agencies and 16 M channels are far beyond any deployment.
#pragma once

#include <cstdint>

#include "base/domain.h"
#include "state/records.h"

namespace blockwatch {

inline constexpr unsigned kAgencyBits = 20, kAgencyFrom = 33;
inline constexpr unsigned kJurisdictionFrom = kAgencyFrom + kAgencyBits;
inline constexpr DictionaryId kAgencyIdLimit = 1U << kAgencyBits;
inline constexpr DictionaryId kChannelIdLimit = 1U << 24U;

struct DisclosureCell {
  Jurisdiction jurisdiction = 0;
  DictionaryId agency = 0;
  DictionaryId channel = 0;
  Class cls = Class::other;
  bool photo = false;
  Outcome outcome = Outcome::unknown;
  Verdict verdict = Verdict::none;
};

constexpr std::uint64_t pack(const DisclosureCell& c) {
  std::uint64_t code = c.jurisdiction;
  code = code << kAgencyBits | c.agency;
  code = code << 24U | c.channel;
  code = code << 2U | static_cast<std::uint64_t>(c.cls);
  code = code << 1U | static_cast<std::uint64_t>(c.photo);
  code = code << 3U | static_cast<std::uint64_t>(c.outcome);
  return code << 3U | static_cast<std::uint64_t>(c.verdict);
}

constexpr DisclosureCell unpack_disclosure(std::uint64_t code) {
  DisclosureCell c;
  c.verdict = static_cast<Verdict>(code & 7U);
  c.outcome = static_cast<Outcome>(code >> 3U & 7U);
  c.photo = (code >> 6U & 1U) != 0;
  c.cls = static_cast<Class>(code >> 7U & 3U);
  c.channel = static_cast<DictionaryId>(code >> 9U & (kChannelIdLimit - 1));
  c.agency = static_cast<DictionaryId>(code >> kAgencyFrom & (kAgencyIdLimit - 1));
  c.jurisdiction = static_cast<Jurisdiction>(code >> kJurisdictionFrom & 63U);
  return c;
}

/// What a cell of `disclosures` counts to in its month: class and channel are not told apart there.
constexpr std::uint64_t code_in_month(std::uint64_t code) {
  DisclosureCell c = unpack_disclosure(code);
  c.channel = 0;
  c.cls = Class{0};
  return pack(c);
}

struct MessageCell {
  DictionaryId agency = 0;
  Class cls = Class::other;
};
constexpr std::uint64_t pack(const MessageCell& c) {
  return static_cast<std::uint64_t>(c.agency) << 2U | static_cast<std::uint64_t>(c.cls);
}
constexpr MessageCell unpack_message(std::uint64_t code) {
  return {static_cast<DictionaryId>(code >> 2U), static_cast<Class>(code & 3U)};
}

}  // namespace blockwatch
