// The bytes of a chunk of seen ids: those that one commit counted on one partition, in that order, each with
// where the partition's clock stood. They are most of what a commit writes.
//
//   chunk   := last_clock:time n:varint unit:u8 first_clock:zigzag rice:u8 fingerprint:fixed64*n bits
//   bits    := step*(n - 1)
//
// Clocks count units of 10^unit ns, the largest unit that loses nothing; a step is the difference to the one
// before. Most ids leave the clock where it stood: a zero bit. Else a one, and step - 1 as a Rice code: the
// number that its bits above the low `rice` make in ones, a zero, and the low ones; from kEscape ones on,
// exactly so many and then 64 bits in full. Bits fill bytes from the least significant one; the last byte
// ends in zeros. last_clock repeats the last, in ns, so that expiry need not read the chunk.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/records.h"

namespace blockwatch {

/// `ids` is not empty, and its clocks never go back.
std::string encode_seen(const std::vector<SeenId>& ids);
/// False: the bytes are damaged.
bool decode_seen(std::string_view bytes, const std::function<void(const SeenId&)>& visit);
/// The clock of a chunk's last id; empty: the bytes are damaged.
std::optional<TimeNs> seen_last_clock(std::string_view bytes);

}  // namespace blockwatch
