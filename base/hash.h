// Digests and keyed hashes (OpenSSL), and the keyed fingerprint of an event id.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace blockwatch {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of the concatenation of nothing but `bytes`.
Sha256Digest sha256(std::string_view bytes);

/// SHA-256 of bytes that come piece by piece. Thread: one.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void add(std::string_view bytes);
  /// Of all that was added; nothing may be added afterwards.
  Sha256Digest finish();

 private:
  evp_md_ctx_st* context_;
};

/// HMAC-SHA-256; used where a short or guessable text must not be recoverable from its digest.
Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes);

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);
inline std::string to_hex(const Sha256Digest& digest) {
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// `n` bytes of the system's cryptographic random source.
std::string random_bytes(std::size_t n);

/// A 16-byte key of SipHash.
using SipKey = std::array<std::uint64_t, 2>;

/// SipHash-2-4: 64 bits that nobody without the key can steer into collisions.
std::uint64_t siphash(const SipKey& key, std::string_view bytes);

}  // namespace blockwatch
