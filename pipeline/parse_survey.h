// The one look at every value of a record, ignored ones too, and where its fields are.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
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

struct Name {
  explicit Name(std::string_view t) : text(t), word(short_word(t)) {}
  std::string_view text;
  std::uint64_t word;  // its first eight bytes
};

/// Of a member of the message itself.
inline FieldIndex field_index(const Name& name) {
  const auto if_size = [&](std::size_t size, FieldIndex field) {
    return name.text.size() == size ? field : kFieldCount;  // a name may go on with NUL
  };
  switch (name.word) {
    case short_word("id"):
      return if_size(2, kId);
    case short_word("time"):
      return if_size(4, kTime);
    case short_word("origin"):
      return if_size(6, kOrigin);
    case short_word("reason"):
      return if_size(6, kReason);
    case short_word("purpose"):
      return if_size(7, kPurpose);
    case short_word("channel"):
      return if_size(7, kChannel);
    case short_word("outcome"):
      return if_size(7, kOutcome);
    case short_word("results"):
      return if_size(7, kResults);
    case short_word("message_key"):
      return name.text == "message_key" ? kMessageKey : kFieldCount;
    case short_word("destinations"):
      return name.text == "destinations" ? kDestinations : kFieldCount;
    case short_word("image_requested"):
      return name.text == "image_requested" ? kImageRequested : kFieldCount;
    default:
      return kFieldCount;
  }
}

/// Of a member of its `origin`.
inline FieldIndex origin_field_index(const Name& name) {
  if (name.text == "ori") return kOri;
  return name.text == "line" ? kLine : kFieldCount;
}

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
      visit_object(tape, Tape::kRoot, 1, fields != nullptr ? Place::message : Place::elsewhere);
    else if (type == '[')
      visit_array(tape, Tape::kRoot, 1);
    return findings_;
  }

 private:
  using Index = Tape::Index;
  enum class Place { message, origin, elsewhere };

  /// Above this many members names are sorted instead of compared one by one, so that a hostile object costs
  /// n log n.
  static constexpr std::size_t kComparedOneByOneMax = 32;

  /// `depth`: containers open if `at` is one.
  void visit_array(const Tape& tape, Index at, std::size_t depth) {
    if (is_too_deep(depth)) return;
    const Index close = tape.close(at);
    for (Index item = at + 1; item < close; item = tape.next(item)) {
      if (tape.type(item) == '{')
        visit_object(tape, item, depth + 1, Place::elsewhere);
      else if (tape.type(item) == '[')
        visit_array(tape, item, depth + 1);
    }
  }

  void visit_object(const Tape& tape, Index at, std::size_t depth, Place place) {
    if (is_too_deep(depth)) return;
    const Index close = tape.close(at);
    std::size_t count = 0;
    std::uint64_t seen = 0;  // one bit a name; a bit met twice is no proof, a new one is
    for (Index member = at + 1; member < close; ++count) {
      const Name name(tape.text(member));
      const std::uint64_t bit = signature(name);
      if ((seen & bit) != 0 && count < kComparedOneByOneMax)
        findings_.duplicate |= is_among_first(count, tape, at, name.text);
      seen |= bit;
      const FieldIndex field = place == Place::message  ? field_index(name)
                               : place == Place::origin ? origin_field_index(name)
                                                        : kFieldCount;
      member = visit_member(tape, member + 1, depth, field);
    }
    if (count > kComparedOneByOneMax) findings_.duplicate |= repeats_a_name(tape, at);
  }

  /// Returns what comes behind the value.
  Index visit_member(const Tape& tape, Index value, std::size_t depth, FieldIndex field) {
    const char type = tape.type(value);
    if (field != kFieldCount && type != 'n') (*fields_)[field] = value;
    if (type == '"') return value + 1;
    if (type == '{')
      visit_object(tape, value, depth + 1, field == kOrigin ? Place::origin : Place::elsewhere);
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

  /// One bit; the factor gives the contract's names in one object a bit each.
  static std::uint64_t signature(const Name& name) {
    return std::uint64_t{1} << ((name.word ^ name.text.size()) * kSignatureFactor >> 58U);
  }
  static constexpr std::uint64_t kSignatureFactor = 0x78E510617311D8A3ULL;

  Findings findings_;
  Fields* fields_ = nullptr;
  std::vector<std::string_view> names_;  // of one large object
};

}  // namespace blockwatch::parsing
