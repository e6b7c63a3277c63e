// A query event, validated byte by byte and with every known field typed: the work that nobody who counts
// exactly can leave out. Written for this alone and independent of the product's parser, so that one can be
// held against the other.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "bench/ceiling/time_reader.h"

namespace blockwatch::bench {

/// Normalized characters in place.
template <std::size_t kMax>
struct Code {
  std::array<char, kMax> text{};
  std::uint8_t size = 0;
};

enum class Outcome : std::uint8_t { answered, no_record, rejected, error, unknown };

struct Result {
  Code<9> destination;
  Outcome outcome = Outcome::unknown;
};

/// Reused from record to record. Texts borrow from the reader.
struct TypedEvent {
  std::string_view id;
  std::int64_t time = 0;  // ns since 1970
  Code<8> key;            // before the first '/'
  bool photo = false;     // image_requested, or a key part IMQ
  Code<9> ori;
  Code<4> line;
  Code<2> purpose, reason;
  Code<32> channel;
  Outcome outcome = Outcome::unknown;
  std::array<Code<9>, 64> destinations;
  std::size_t destination_count = 0;
  std::vector<Result> results;
};

/// Thread: one.
class EventReader {
 public:
  EventReader();

  /// False: not JSON, a duplicate member at any depth, a field that is missing or outside its grammar.
  bool read(const char* payload, std::size_t size, TypedEvent& event);

 private:
  using Element = simdjson::dom::element;
  using Object = simdjson::dom::object;

  bool read_member(std::string_view name, Element value, TypedEvent& event);
  bool read_origin(Element value, TypedEvent& event);
  bool read_results(Element value, TypedEvent& event);
  static bool inspect(Element value, std::size_t depth);

  simdjson::dom::parser parser_;
  std::vector<char> padded_;
  TimeReader times_;
  std::uint32_t found_ = 0;  // the needed fields of this record, one bit each
};

}  // namespace blockwatch::bench
