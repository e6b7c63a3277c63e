// gzip and Zstandard: compressed bytes in, plain bytes out.
//
// A file may hold several gzip members, or Zstandard frames, one after the other; every byte belongs to one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace blockwatch {

enum class Compression { none, gzip, zstd };

/// Bytes that compression_of needs to see, unless the input has fewer.
inline constexpr std::size_t kMagicBytes = 4;
/// Told by the first bytes of an input.
Compression compression_of(std::string_view first);
/// `gzip`, `Zstandard`.
std::string_view name_of(Compression compression);

/// One input's decoder. Thread: one.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Takes from the front of `in`, writes at most `size` bytes to `out`; how many. 0: it needs more input.
  /// The error says what is wrong and at which byte of the input.
  virtual Expected<std::size_t> decode(std::string_view& in, char* out, std::size_t size) = 0;
  /// The input has ended: an error if that is in the middle.
  virtual Expected<void> finish() const = 0;
};

/// `input` names it in errors.
std::unique_ptr<Decoder> make_decoder(Compression compression, std::string input);

}  // namespace blockwatch
