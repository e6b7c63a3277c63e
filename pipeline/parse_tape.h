// The tape that simdjson writes a document to, read word by word: a look at every member of an event costs a
// third of what it does through simdjson's own iterators (bench/README.md).
//
// simdjson documents the tape (doc/tape.md) and has kept it since its first release. The first word is that
// of the root; every value is one word, its type in the top byte:
//   '{' '['   then its members or items, then '}' or ']'; the low 32 bits: the index behind that
//   '"'       the rest: where in the strings its length (4 bytes) and its bytes are
//   'l' 'u' 'd' a number, which is the next word
//   't' 'f' 'n'
// A member is its name, a '"', and its value.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace blockwatch::parsing {

/// Borrows a parsed document. An index must be that of a value.
class Tape {
 public:
  using Index = std::uint32_t;
  static constexpr Index kRoot = 1;

  explicit Tape(const simdjson::dom::document& document)
      : words_(document.tape.get()), strings_(document.string_buf.get()) {}

  char type(Index at) const { return static_cast<char>(words_[at] >> 56U); }

  /// Of a '"'.
  std::string_view text(Index at) const {
    const std::uint8_t* const string = strings_ + (words_[at] & kValueMask);
    std::uint32_t size = 0;
    std::memcpy(&size, string, sizeof size);
    return {reinterpret_cast<const char*>(string + sizeof size), size};
  }

  /// Of a '{' or '[': where its end stands.
  Index close(Index at) const { return static_cast<Index>(words_[at]) - 1; }

  /// Behind a value.
  Index next(Index at) const {
    switch (type(at)) {
      case '{':
      case '[':
        return static_cast<Index>(words_[at]);
      case 'l':
      case 'u':
      case 'd':
        return at + 2;
      default:
        return at + 1;
    }
  }

 private:
  static constexpr std::uint64_t kValueMask = (std::uint64_t{1} << 56U) - 1;
  const std::uint64_t* words_;
  const std::uint8_t* strings_;
};

}  // namespace blockwatch::parsing
