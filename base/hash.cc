#include "base/hash.h"

#include <bit>
#include <cstring>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/check.h"
#include "base/short_word.h"

namespace blockwatch {

static_assert(std::endian::native == std::endian::little, "siphash reads words in the machine's order");

Sha256Digest sha256(std::string_view bytes) {
  Sha256Digest out{};
  BW_CHECK(EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return out;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  BW_CHECK(context_ != nullptr && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
}
void Sha256::add(std::string_view bytes) {
  BW_CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
}
Sha256Digest Sha256::finish() {
  Sha256Digest out{};
  BW_CHECK(EVP_DigestFinal_ex(context_, out.data(), nullptr) == 1);
  return out;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256Digest out{};
  BW_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data(),
                nullptr) != nullptr);
  return out;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += kDigits[b >> 4U];
    out += kDigits[b & 15U];
  }
  return out;
}

std::string random_bytes(std::size_t n) {
  std::string out(n, '\0');
  BW_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) == 1);
  return out;
}

std::uint64_t siphash(const SipKey& key, std::string_view bytes) {
  std::uint64_t v0 = key[0] ^ 0x736f6d6570736575ULL;
  std::uint64_t v1 = key[1] ^ 0x646f72616e646f6dULL;
  std::uint64_t v2 = key[0] ^ 0x6c7967656e657261ULL;
  std::uint64_t v3 = key[1] ^ 0x7465646279746573ULL;
  const auto round = [&] {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  };
  const auto compress = [&](std::uint64_t m) {
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  };
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    std::uint64_t m = 0;
    std::memcpy(&m, bytes.data() + i, 8);
    compress(m);
  }
  compress(static_cast<std::uint64_t>(bytes.size()) << 56U | short_word(bytes.substr(i)));
  v2 ^= 0xff;
  for (int n = 0; n < 4; ++n) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace blockwatch
