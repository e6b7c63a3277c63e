// Where the fields of an event stand in a record: at the contract's own names, or where [source.mapping]
// says. Both answer the same questions, so that one reader (parse_event.h) decides what is wrong, in one
// order.
#pragma once

#include <simdjson.h>

#include <array>
#include <optional>
#include <string_view>

#include "config/source_mapping.h"
#include "pipeline/parse_survey.h"

namespace blockwatch::parsing {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// `wrong`: something is there, of another type than the field's.
enum class Found { absent, value, wrong };

/// The contract's names. Borrows the tape and what the survey found there.
class CanonicalLayout {
 public:
  CanonicalLayout(const Tape& tape, const Fields& fields) : tape_(tape), fields_(fields) {}

  Found text(MappedField field, std::string_view& out) const {
    switch (field) {
      case MappedField::id:
        return text_at(fields_[kId], out);
      case MappedField::time:
        return text_at(fields_[kTime], out);
      case MappedField::message_key:
        return text_at(fields_[kMessageKey], out);
      case MappedField::ori:
        return origin_text(kOri, out);
      case MappedField::line:
        return origin_text(kLine, out);
      case MappedField::channel:
        return text_at(fields_[kChannel], out);
      case MappedField::purpose:
        return text_at(fields_[kPurpose], out);
      case MappedField::reason:
        return text_at(fields_[kReason], out);
      case MappedField::outcome:
        return text_at(fields_[kOutcome], out);
      case MappedField::destinations:
      case MappedField::image_requested:
        break;
    }
    return Found::wrong;
  }

  Found flag(bool& out) const {
    const Tape::Index at = fields_[kImageRequested];
    if (at == 0) return Found::absent;
    out = tape_.type(at) == 't';
    return out || tape_.type(at) == 'f' ? Found::value : Found::wrong;
  }

  /// Calls take(text) for each entry; `wrong` at the first that is no text.
  template <class Take>
  Found each_destination(Take take) const {
    const Tape::Index list = fields_[kDestinations];
    if (list == 0) return Found::absent;
    if (tape_.type(list) != '[') return Found::wrong;
    for (Tape::Index item = list + 1; item < tape_.close(list); ++item) {
      if (tape_.type(item) != '"') return Found::wrong;
      take(tape_.text(item));
    }
    return Found::value;
  }

  /// Calls take(found, destination, found, outcome) for each entry until it answers false.
  template <class Take>
  Found each_result(Take take) const {
    const Tape::Index list = fields_[kResults];
    if (list == 0) return Found::absent;
    if (tape_.type(list) != '[') return Found::wrong;
    for (Tape::Index entry = list + 1; entry < tape_.close(list); entry = tape_.next(entry)) {
      if (tape_.type(entry) != '{') return Found::wrong;
      std::string_view destination;
      std::string_view outcome;
      const Found has_destination = text_at(member(entry, "destination"), destination);
      const Found has_outcome = text_at(member(entry, "outcome"), outcome);
      if (!take(has_destination, destination, has_outcome, outcome)) break;
    }
    return Found::value;
  }

 private:
  Found text_at(Tape::Index at, std::string_view& out) const {
    if (at == 0) return Found::absent;
    if (tape_.type(at) != '"') return Found::wrong;
    out = tape_.text(at);
    return Found::value;
  }

  Found origin_text(FieldIndex field, std::string_view& out) const {
    const Tape::Index origin = fields_[kOrigin];
    if (origin != 0 && tape_.type(origin) != '{') return Found::wrong;
    return text_at(fields_[field], out);
  }

  /// Null counts as absent.
  Tape::Index member(Tape::Index object, std::string_view name) const {
    for (Tape::Index at = object + 1; at < tape_.close(object); at = tape_.next(at + 1)) {
      if (tape_.text(at) == name) return tape_.type(at + 1) == 'n' ? 0 : at + 1;
    }
    return 0;
  }

  const Tape& tape_;
  const Fields& fields_;
};

/// What a whole number looks like as text; lives as long as the event borrows from it.
using Digits = std::array<char, 24>;

/// Null counts as absent.
using Field = std::optional<element>;

/// Another producer's places and words. Borrows the mapping, the record's root and the memory for digits.
class MappedLayout {
 public:
  using FieldDigits = std::array<Digits, kMappedFieldCount>;

  MappedLayout(const SourceMapping& mapping, element root, FieldDigits& digits)
      : mapping_(mapping), root_(root), digits_(digits) {}

  Found text(MappedField field, std::string_view& out) const;
  Found flag(bool& out) const;

  template <class Take>
  Found each_destination(Take take) const {
    const FieldMapping& field = mapping_.of(MappedField::destinations);
    const Field value = field.pointer ? at(root_, *field.pointer) : Field();
    Found found = value ? Found::value : Found::absent;
    if (value && value->type() == element_type::ARRAY) {
      bool some = false;
      bool none = false;
      for (const element item : simdjson::dom::array(value->get_array().value_unsafe())) {
        const Found one = each_piece(field, item, take);
        if (one == Found::wrong) return one;
        (one == Found::value ? some : none) = true;
      }
      if (none && !some) found = Found::absent;
    } else if (value) {
      found = each_piece(field, *value, take);
    }
    if (found != Found::absent || field.fallback.empty()) return found;
    for (const std::string& text : field.fallback) take(text);
    return Found::value;
  }

  template <class Take>
  Found each_result(Take take) const {
    if (!mapping_.results) return Found::absent;
    const Field value = at(root_, mapping_.results->pointer);
    if (!value) return Found::absent;
    if (value->type() == element_type::OBJECT) {
      one_result(*value, take);
      return Found::value;
    }
    if (value->type() != element_type::ARRAY) return Found::wrong;
    for (const element entry : simdjson::dom::array(value->get_array().value_unsafe())) {
      if (entry.type() != element_type::OBJECT) return Found::wrong;
      if (!one_result(entry, take)) break;
    }
    return Found::value;
  }

 private:
  /// The value at a pointer; nothing where it leads nowhere or to null.
  static Field at(element from, const JsonPointer& pointer);

  /// Puts the table's word for a word in its place; false: the table says that it means nothing. Blanks at
  /// both ends do not count; a word that the table lacks stays.
  static bool translate(const FieldMapping& field, std::string_view& word);

  /// A text as it stands, a whole number as its digits, a boolean as `true` or `false`.
  static Found word_of(const Field& value, Digits& digits, std::string_view& out);

  /// The word of a value as the table translates it; a boolean is `wrong` unless the table has it.
  static Found translated(const FieldMapping& field, const Field& value, Digits& digits,
                          std::string_view& out);

  /// The texts of one entry of a list: one, or several with a separator between them. `absent`: the table
  /// says that none of them means anything.
  template <class Take>
  static Found each_piece(const FieldMapping& field, element entry, Take take) {
    const Field value = at(entry, field.item);
    if (!value) return Found::wrong;
    std::string_view rest;
    if (field.separator.empty() || value->type() != element_type::STRING) {
      Digits digits{};
      const Found found = translated(field, value, digits, rest);
      if (found == Found::value) take(rest);
      return found;
    }
    rest = value->get_string().value_unsafe();
    bool any = false;
    for (bool last = false; !last;) {
      const std::size_t end = rest.find(field.separator);
      std::string_view piece = rest.substr(0, end);
      last = end == std::string_view::npos;
      if (!last) rest.remove_prefix(end + field.separator.size());
      if (!translate(field, piece)) continue;
      take(piece);
      any = true;
    }
    return any ? Found::value : Found::absent;
  }

  template <class Take>
  bool one_result(element entry, Take& take) const {
    Digits destination_digits{};
    Digits outcome_digits{};
    std::string_view destination;
    std::string_view outcome;
    const Found has_destination =
        translated(mapping_.of(MappedField::destinations), at(entry, mapping_.results->destination),
                   destination_digits, destination);
    const Found has_outcome = translated(mapping_.of(MappedField::outcome),
                                         at(entry, mapping_.results->outcome), outcome_digits, outcome);
    return take(has_destination, destination, has_outcome, outcome);
  }

  const SourceMapping& mapping_;
  element root_;
  FieldDigits& digits_;
};

}  // namespace blockwatch::parsing
