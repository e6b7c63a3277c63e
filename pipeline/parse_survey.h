// The one look at every value of a record, ignored ones too, and where its fields are.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/parse_text.h"

namespace blockwatch::parsing {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// The members of a message that are read; the order is of no meaning.
enum FieldIndex : std::size_t {
  kId,
  kTime,
  kMessageKey,
  kOrigin,
  kDestinations,
  kChannel,
  kPurpose,
  kReason,
  kImageRequested,
  kOutcome,
  kResults,
  kFieldCount,
};

/// Null counts as absent.
using Field = std::optional<element>;
using Fields = std::array<Field, kFieldCount>;

inline std::size_t field_index(std::string_view name) {
  switch (name.size()) {
    case 2:
      return name == "id" ? kId : kFieldCount;
    case 4:
      return name == "time" ? kTime : kFieldCount;
    case 6:
      return name == "origin" ? kOrigin : name == "reason" ? kReason : kFieldCount;
    case 7:
      return name == "purpose"   ? kPurpose
             : name == "channel" ? kChannel
             : name == "outcome" ? kOutcome
             : name == "results" ? kResults
                                 : kFieldCount;
    case 11:
      return name == "message_key" ? kMessageKey : kFieldCount;
    case 12:
      return name == "destinations" ? kDestinations : kFieldCount;
    case 15:
      return name == "image_requested" ? kImageRequested : kFieldCount;
    default:
      return kFieldCount;
  }
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

  /// `fields`: filled with what the contract's names hold at the top; null: of no interest.
  Findings run(element root, Fields* fields) {
    findings_ = {};
    if (fields != nullptr) fields->fill(std::nullopt);
    fields_ = root.is_object() ? fields : nullptr;
    visit(root, 1);
    return findings_;
  }

 private:
  using Object = simdjson::dom::object;

  /// Above this many members names are sorted instead of compared one by one, so that a hostile object costs
  /// n log n.
  static constexpr std::size_t kComparedOneByOneMax = 32;

  /// `depth`: containers open if `value` is one.
  void visit(element value, std::size_t depth) {
    const element_type type = value.type();
    if (type == element_type::OBJECT || type == element_type::ARRAY) visit_container(value, type, depth);
  }

  void visit_container(element value, element_type type, std::size_t depth) {
    if (depth > text::kDepthMax) {
      findings_.too_deep = true;
    } else if (type == element_type::OBJECT) {
      visit_object(value.get_object().value_unsafe(), depth);
    } else {
      for (const element item : simdjson::dom::array(value.get_array().value_unsafe()))
        visit(item, depth + 1);
    }
  }

  void visit_object(Object object, std::size_t depth) {
    std::size_t count = 0;
    std::uint64_t seen = 0;  // one bit a name; a bit met twice is no proof, a new one is
    for (auto at = object.begin(); at != object.end(); ++at, ++count) {
      const std::string_view name = at.key();
      const std::uint64_t bit = signature(name);
      if ((seen & bit) != 0 && count < kComparedOneByOneMax) {
        findings_.duplicate |= is_among_first(count, object, name);
      }
      seen |= bit;
      const element member = at.value();
      if (depth == 1) remember(name, member);
      visit(member, depth + 1);
    }
    if (count > kComparedOneByOneMax) findings_.duplicate |= repeats_a_name(object);
  }

  static bool is_among_first(std::size_t count, Object object, std::string_view name) {
    for (auto at = object.begin(); count > 0; ++at, --count) {
      if (at.key() == name) return true;
    }
    return false;
  }

  bool repeats_a_name(Object object) {
    names_.clear();
    for (auto at = object.begin(); at != object.end(); ++at) names_.push_back(at.key());
    std::sort(names_.begin(), names_.end());
    return std::adjacent_find(names_.begin(), names_.end()) != names_.end();
  }

  void remember(std::string_view name, element member) {
    const std::size_t index = fields_ != nullptr ? field_index(name) : kFieldCount;
    if (index != kFieldCount && !member.is_null()) (*fields_)[index] = member;
  }

  /// One bit; the factors give the contract's names a bit each.
  static std::uint64_t signature(std::string_view name) {
    if (name.empty()) return 1;
    const std::size_t mixed = static_cast<unsigned char>(name.front()) +
                              std::size_t{3} * static_cast<unsigned char>(name.back()) + name.size();
    return std::uint64_t{1} << (mixed % 64);
  }

  Findings findings_;
  Fields* fields_ = nullptr;
  std::vector<std::string_view> names_;  // of one large object
};

}  // namespace blockwatch::parsing
