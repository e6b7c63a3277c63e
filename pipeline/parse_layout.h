// Where the fields of an event stand in a record: at the contract's own names, or where [source.mapping]
// says. Both answer the same questions, so that one reader (parse_event.h) decides what is wrong, in one
// order.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "config/source_mapping.h"
#include "pipeline/parse_document.h"

namespace blockwatch::parsing {

/// `wrong`: something is there, of another type than the field's.
enum class Found { absent, value, wrong };

/// The contract's names. Borrows the document.
class CanonicalLayout {
 public:
  explicit CanonicalLayout(const Document& document) : document_(document), fields_(document.fields()) {}

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
    const Document::Index at = fields_[kImageRequested];
    if (at == 0) return Found::absent;
    out = document_.type(at) == 't';
    return out || document_.type(at) == 'f' ? Found::value : Found::wrong;
  }

  /// Calls take(text) for each entry; `wrong` at the first that is no text.
  template <class Take>
  Found each_destination(Take take) const {
    const Document::Index list = fields_[kDestinations];
    if (list == 0) return Found::absent;
    if (document_.type(list) != '[') return Found::wrong;
    for (Document::Index item = list + 1; item < document_.end(list); ++item) {
      if (document_.type(item) != '"') return Found::wrong;
      take(document_.text(item));
    }
    return Found::value;
  }

  /// Calls take(found, destination, found, outcome) for each entry until it answers false.
  template <class Take>
  Found each_result(Take take) const {
    const Document::Index list = fields_[kResults];
    if (list == 0) return Found::absent;
    if (document_.type(list) != '[') return Found::wrong;
    for (Document::Index entry = list + 1; entry < document_.end(list); entry = document_.end(entry)) {
      if (document_.type(entry) != '{') return Found::wrong;
      std::string_view destination;
      std::string_view outcome;
      const Found has_destination = text_at(member(entry, "destination"), destination);
      const Found has_outcome = text_at(member(entry, "outcome"), outcome);
      if (!take(has_destination, destination, has_outcome, outcome)) break;
    }
    return Found::value;
  }

 private:
  Found text_at(Document::Index at, std::string_view& out) const {
    if (at == 0) return Found::absent;
    if (document_.type(at) != '"') return Found::wrong;
    out = document_.text(at);
    return Found::value;
  }

  Found origin_text(FieldIndex field, std::string_view& out) const {
    const Document::Index origin = fields_[kOrigin];
    if (origin != 0 && document_.type(origin) != '{') return Found::wrong;
    return text_at(fields_[field], out);
  }

  /// Null counts as absent.
  Document::Index member(Document::Index object, std::string_view name) const {
    for (Document::Index at = object + 1; at < document_.end(object); at = document_.end(at + 1)) {
      if (document_.text(at) == name) return document_.type(at + 1) == 'n' ? 0 : at + 1;
    }
    return 0;
  }

  const Document& document_;
  const Document::Fields& fields_;
};

/// Null counts as absent.
using Field = std::optional<Document::Index>;

/// Another producer's places and words. Borrows the mapping and the document.
class MappedLayout {
 public:
  MappedLayout(const SourceMapping& mapping, const Document& document)
      : mapping_(mapping), document_(document) {}

  Found text(MappedField field, std::string_view& out) const;
  Found flag(bool& out) const;

  template <class Take>
  Found each_destination(Take take) const {
    const FieldMapping& field = mapping_.of(MappedField::destinations);
    const Field value = field.pointer ? at(Document::kRoot, *field.pointer) : Field();
    Found found = value ? Found::value : Found::absent;
    if (value && document_.type(*value) == '[') {
      bool some = false;
      bool none = false;
      for (Document::Index item = *value + 1; item < document_.end(*value); item = document_.end(item)) {
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
    const Field value = at(Document::kRoot, mapping_.results->pointer);
    if (!value) return Found::absent;
    if (document_.type(*value) == '{') {
      one_result(*value, take);
      return Found::value;
    }
    if (document_.type(*value) != '[') return Found::wrong;
    for (Document::Index entry = *value + 1; entry < document_.end(*value); entry = document_.end(entry)) {
      if (document_.type(entry) != '{') return Found::wrong;
      if (!one_result(entry, take)) break;
    }
    return Found::value;
  }

 private:
  /// The value at a pointer; nothing where it leads nowhere or to null.
  Field at(Document::Index from, const JsonPointer& pointer) const;
  Field step(Document::Index from, std::string_view token) const;

  /// Puts the table's word for a word in its place; false: the table says that it means nothing. Blanks at
  /// both ends do not count; a word that the table lacks stays.
  static bool translate(const FieldMapping& field, std::string_view& word);

  bool is_boolean(Document::Index at) const { return document_.type(at) == 't' || document_.type(at) == 'f'; }

  /// A text as it stands, a whole number as its digits, a boolean as `true` or `false`.
  Found word_of(const Field& value, std::string_view& out) const;

  /// The word of a value as the table translates it; a boolean is `wrong` unless the table has it.
  Found translated(const FieldMapping& field, const Field& value, std::string_view& out) const;

  /// The texts of one entry of a list: one, or several with a separator between them. `absent`: the table
  /// says that none of them means anything.
  template <class Take>
  Found each_piece(const FieldMapping& field, Document::Index entry, Take take) const {
    const Field value = at(entry, field.item);
    if (!value) return Found::wrong;
    std::string_view rest;
    if (field.separator.empty() || document_.type(*value) != '"') {
      const Found found = translated(field, value, rest);
      if (found == Found::value) take(rest);
      return found;
    }
    rest = document_.text(*value);
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
  bool one_result(Document::Index entry, Take& take) const {
    std::string_view destination;
    std::string_view outcome;
    const Found has_destination = translated(mapping_.of(MappedField::destinations),
                                             at(entry, mapping_.results->destination), destination);
    const Found has_outcome =
        translated(mapping_.of(MappedField::outcome), at(entry, mapping_.results->outcome), outcome);
    return take(has_destination, destination, has_outcome, outcome);
  }

  const SourceMapping& mapping_;
  const Document& document_;
};

}  // namespace blockwatch::parsing
