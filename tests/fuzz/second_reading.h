// A second reading of a record, by another JSON library and by the contract's grammar written anew: what the
// parser is compared with. Slow, and shares no code with it.
#pragma once

#include <string>
#include <string_view>

namespace blockwatch::fuzz {

/// How the parser's fate of this record (a reason or `accepted`, and then each field of the event) differs
/// from the second reading; empty: not at all. The broker's timestamp is 2025-11-12T20:05:00Z. Of what is no
/// JSON value at all only that is compared, not which of its reasons (a lone surrogate, trailing bytes) comes
/// first.
std::string difference(std::string_view payload);

}  // namespace blockwatch::fuzz
