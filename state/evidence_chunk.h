// The bytes of a chunk of evidence: what one commit has of one partition and
// epoch, in the order of offsets. In a storm
// it is most of what a commit writes.
//
//   chunk   := n:varint piece*n
//   piece   := offset:varint time:zigzag jurisdiction:u8 policy:varint agency:varint ori:9 bytes what:u8
//   why:u8
//              exception:text policy_digest:varint
//   what    := class | photo << 2 | outcome << 3
//   why     := via | verdict << 2
//
// offset and time are the differences to the piece before; the first one's to the offset in the key, and to
// 0.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "state/records.h"

namespace blockwatch {

/// `pieces`: at least one, of one partition and epoch, offsets ascending.
std::string encode_evidence(std::span<const Evidence* const> pieces);
/// False: the bytes are damaged.
bool decode_evidence(const RecordPlace& first, std::string_view bytes,
                     const std::function<void(const Evidence&)>& visit);

}  // namespace blockwatch
