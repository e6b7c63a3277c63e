// The one look at every value of a record, ignored ones too, and where its fields are.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/short_word.h"
#include "pipeline/parse_tape.h"
#include "pipeline/parse_text.h"

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

/// Where on the tape each stands; 0: absent, as is what is null.
using Fields = std::array<Tape::Index, kFieldCount>;

/// A member's name.
struct Name {
  constexpr explicit Name(std::string_view t) : text(t), word(short_word(t)) {}
  constexpr unsigned signature() const { return short_signature(word, text.size()); }
  friend constexpr bool operator==(const Name& a, const Name& b) {
    return a.word == b.word && a.text.size() == b.text.size() &&
           (a.text.size() <= sizeof word || a.text.substr(sizeof word) == b.text.substr(sizeof word));
  }

  std::string_view text;
  std::uint64_t word;  // its first eight bytes
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

/// Looks at every value of a message once, ignored ones too: for names that occur twice in one object, and
/// for depth, which simdjson does not count where a container is empty. Remembers where the known fields are.
/// One per parser, so that its list of names keeps its memory.
class Survey {
 public:
  struct Findings {
    bool too_deep = false;
    bool duplicate = false;
  };

  /// `fields`: filled with what the contract's names hold; null: of no interest.
  Findings run(const Tape& tape, Fields* fields) {
    findings_ = {};
    fields_ = fields;
    if (fields != nullptr) fields->fill(0);
    const char type = tape.type(Tape::kRoot);
    if (type == '{')
      visit_object(tape, Tape::kRoot, 1, fields != nullptr ? kMessageFields : kNoFields);
    else if (type == '[')
      visit_array(tape, Tape::kRoot, 1);
    return findings_;
  }

 private:
  using Index = Tape::Index;

  /// Above this many members names are sorted instead of compared one by one, so that a hostile object costs
  /// n log n.
  static constexpr std::size_t kComparedOneByOneMax = 32;

  /// `depth`: containers open if `at` is one.
  void visit_array(const Tape& tape, Index at, std::size_t depth) {
    if (is_too_deep(depth)) return;
    const Index close = tape.close(at);
    for (Index item = at + 1; item < close; item = tape.next(item)) {
      if (tape.type(item) == '{')
        visit_object(tape, item, depth + 1, kNoFields);
      else if (tape.type(item) == '[')
        visit_array(tape, item, depth + 1);
    }
  }

  void visit_object(const Tape& tape, Index at, std::size_t depth, const FieldNames& fields) {
    if (is_too_deep(depth)) return;
    const Index close = tape.close(at);
    std::size_t count = 0;
    std::uint64_t seen = 0;  // one bit a name; a bit met twice is no proof, a new one is
    for (Index member = at + 1; member < close; ++count) {
      const Name name(tape.text(member));
      const unsigned signature = name.signature();
      const std::uint64_t bit = std::uint64_t{1} << signature;
      if ((seen & bit) != 0 && count < kComparedOneByOneMax)
        findings_.duplicate |= is_among_first(count, tape, at, name.text);
      seen |= bit;
      member = visit_member(tape, member + 1, depth, fields.find(name, signature));
    }
    if (count > kComparedOneByOneMax) findings_.duplicate |= repeats_a_name(tape, at);
  }

  /// Returns what comes behind the value.
  Index visit_member(const Tape& tape, Index value, std::size_t depth, FieldIndex field) {
    const char type = tape.type(value);
    if (field != kFieldCount && type != 'n') (*fields_)[field] = value;
    if (type == '"') return value + 1;
    if (type == '{')
      visit_object(tape, value, depth + 1, field == kOrigin ? kOriginFields : kNoFields);
    else if (type == '[')
      visit_array(tape, value, depth + 1);
    return tape.next(value);
  }

  bool is_too_deep(std::size_t depth) {
    if (depth > text::kDepthMax) findings_.too_deep = true;
    return depth > text::kDepthMax;
  }

  static bool is_among_first(std::size_t count, const Tape& tape, Index object, std::string_view name) {
    for (Index member = object + 1; count > 0; member = tape.next(member + 1), --count) {
      if (tape.text(member) == name) return true;
    }
    return false;
  }

  bool repeats_a_name(const Tape& tape, Index object) {
    names_.clear();
    for (Index member = object + 1; member < tape.close(object); member = tape.next(member + 1))
      names_.push_back(tape.text(member));
    std::sort(names_.begin(), names_.end());
    return std::adjacent_find(names_.begin(), names_.end()) != names_.end();
  }

  Findings findings_;
  Fields* fields_ = nullptr;
  std::vector<std::string_view> names_;  // of one large object
};

}  // namespace blockwatch::parsing
