// The names of a message's fields, and how one is told from all others by one comparison.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/short_word.h"

namespace blockwatch::parsing {

/// The members of a message that are read; the order is of no meaning.
enum FieldIndex : std::size_t {
  kId,
  kTime,
  kMessageKey,
  kOrigin,
  kOri,
  kLine,
  kDestinations,
  kChannel,
  kPurpose,
  kReason,
  kImageRequested,
  kOutcome,
  kResults,
  kFieldCount,
};

/// A member's name as numbers: no field has one of more than 16 bytes, so three comparisons tell them apart.
struct Name {
  constexpr explicit Name(std::string_view text)
      : head(short_word(text)),
        tail(text.size() > 8 ? short_word(text.substr(text.size() - 8)) : 0),
        size(text.size()) {}
  constexpr Name(std::uint64_t h, std::uint64_t t, std::size_t s) : head(h), tail(t), size(s) {}
  constexpr unsigned signature() const { return short_signature(head, size); }
  /// Without a branch: whether a member is a field is hard to foresee.
  friend constexpr bool operator==(const Name& a, const Name& b) {
    return ((a.head ^ b.head) | (a.tail ^ b.tail) | (a.size ^ b.size)) == 0;
  }

  std::uint64_t head;  // its first eight bytes
  std::uint64_t tail;  // of more than eight, the last eight
  std::size_t size;
};

/// The names of an object's fields, each where its signature is: a look-up is one comparison.
class FieldNames {
 public:
  struct Field {
    std::string_view name;
    FieldIndex index;
  };
  consteval FieldNames(std::initializer_list<Field> fields) {
    for (const Field& field : fields) {
      Place& place = places_[Name(field.name).signature()];
      if (place.index != kFieldCount) throw "two names with one signature";
      if (field.name.size() > 16) throw "a name that head and tail do not tell";
      place = {Name(field.name), field.index};
    }
  }
  FieldIndex find(const Name& name, unsigned signature) const {
    const Place& place = places_[signature];
    return place.name == name ? place.index : kFieldCount;
  }

 private:
  struct Place {
    Name name{""};
    FieldIndex index = kFieldCount;
  };
  std::array<Place, 64> places_;
};

inline constexpr FieldNames kMessageFields{
    {"id", kId},           {"time", kTime},       {"message_key", kMessageKey},
    {"origin", kOrigin},   {"channel", kChannel}, {"destinations", kDestinations},
    {"purpose", kPurpose}, {"reason", kReason},   {"image_requested", kImageRequested},
    {"outcome", kOutcome}, {"results", kResults},
};
inline constexpr FieldNames kOriginFields{{"ori", kOri}, {"line", kLine}};
inline constexpr FieldNames kNoFields{};

}  // namespace blockwatch::parsing
