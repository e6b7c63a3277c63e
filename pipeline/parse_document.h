// A JSON text as the list of its values, every byte validated.
//
// simdjson's first stage does what is done with every byte: it validates UTF-8, finds the strings, and lists
// where each bracket, colon, comma, string and other scalar begins. From that list one walk checks the
// grammar and notes the values; it is here because it knows what an event needs: strings stay where they
// are, names that occur twice are found in passing, and so are the known fields. Whatever is not plain, a
// string with escapes, a number that is no short integer, is given to simdjson's DOM parser as a document of
// its own.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/parse_names.h"

namespace blockwatch::parsing {

/// Reused from text to text. Thread: one.
class Document {
 public:
  /// A value's number in the order of the text; a container comes before what it holds, a member's name
  /// before its value.
  using Index = std::uint32_t;
  static constexpr Index kRoot = 0;
  /// Where the known fields are; kRoot: absent, as is what is null.
  using Fields = std::array<Index, kFieldCount + 1>;  // the last is for all that are none

  Document();

  /// False: it is not one JSON value, has more than text::kDepthMax containers open at once, or a number or
  /// an escape that simdjson refuses. The values borrow from `json`, and from this until the next call.
  bool read(std::string_view json);

  /// A name stands twice in one object, at whatever depth.
  bool repeats_a_name() const { return repeats_a_name_; }
  /// Of the contract's names, where the root is an object.
  const Fields& fields() const { return fields_; }

  /// One of { [ " 0 t f n, where 0 stands for a number.
  char type(Index at) const { return values_[at].type; }
  /// Of a string: what it says. Of another scalar: as it is written.
  std::string_view text(Index at) const { return values_[at].text(); }
  /// Behind a value and all that it holds.
  Index end(Index at) const { return values_[at].end; }

 private:
  struct Value {
    const char* begin;
    std::uint32_t size;
    Index end;
    char type;
    std::string_view text() const { return {begin, size}; }
  };

  /// Where the walk is: in the list of the first stage, and the number of the next value. They go from call
  /// to call in registers. `at` null: it is not JSON.
  struct Place {
    const std::uint32_t* at;
    Index next;
    bool good() const { return at != nullptr; }
  };
  static constexpr Place kBad{nullptr, 0};

  void reserve(std::size_t bytes);
  Place value(Place here, std::size_t depth, const FieldNames& names);
  Place object(Place here, std::size_t depth, const FieldNames& names);
  Place array(Place here, std::size_t depth);
  Place scalar(Place here);
  Place open(Place here, char type);
  Place close(Place here, Index container);
  /// Notes the string that begins at the list's entry `at` as value number `index`; false: it is none.
  bool string(const char* json, const std::uint32_t* at, Index index);

  Name name_of(const char* json, const Value& value) const;
  bool is_valid_alone(std::string_view scalar);
  bool unescape(std::string_view& text);
  bool is_among_first(std::size_t count, Index object, std::string_view name) const;
  bool repeats_a_name(Index object, Index end_of_all);

  simdjson::dom::parser stage_;    // of the whole text, its first stage only
  simdjson::dom::parser scalars_;  // of single scalars
  std::vector<char> padded_;       // such a scalar; simdjson reads past the end
  std::vector<char> unescaped_;    // the strings that had escapes
  std::size_t unescaped_size_ = 0;
  std::vector<Value> values_;
  Fields fields_{};
  bool repeats_a_name_ = false;
  std::vector<std::string_view> names_;  // of one large object

  // Of the text that is read.
  const char* json_ = nullptr;
  std::size_t json_size_ = 0;
  bool has_escapes_ = false;
  const std::uint32_t* list_end_ = nullptr;  // of the first stage's list; the size of the text stands there
};

}  // namespace blockwatch::parsing
