// Published vectors: FIPS 180-4 (SHA-256), RFC 4231 (HMAC), the SipHash paper's reference implementation
// (vectors_sip64).
#include "base/hash.h"

#include <array>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

TEST(Hash, Sha256OfPiecesIsThatOfTheWhole) {
  Sha256 pieces;
  pieces.add("a");
  pieces.add("");
  pieces.add("bc");
  EXPECT_EQ(pieces.finish(), sha256("abc"));
  EXPECT_EQ(Sha256().finish(), sha256(""));
}

TEST(Sha256, MatchesThePublishedVectors) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(HmacSha256, MatchesThePublishedVectors) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// Key 00 01 … 0f, input 00 01 … of the given length.
constexpr std::array<std::pair<std::size_t, std::uint64_t>, 7> kSipHashVectors{{{0, 0x726fdb47dd0e0e31},
                                                                                {1, 0x74f839c593dc67fd},
                                                                                {7, 0xab0200f58b01d137},
                                                                                {8, 0x93f5f5799a932462},
                                                                                {15, 0xa129ca6149be45e5},
                                                                                {16, 0x3f2acc7f57c29bdb},
                                                                                {63, 0x958a324ceb064572}}};

TEST(SipHash, MatchesThePublishedVectors) {
  const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  for (const auto& [length, expected] : kSipHashVectors) {
    std::string input;
    for (std::size_t i = 0; i < length; ++i) input += static_cast<char>(i);
    EXPECT_EQ(siphash(key, input), expected) << "length " << length;
  }
}

TEST(SipHash, DependsOnBothHalvesOfTheKey) {
  const std::uint64_t base = siphash({1, 2}, "a1-0001");
  EXPECT_NE(siphash({3, 2}, "a1-0001"), base);
  EXPECT_NE(siphash({1, 3}, "a1-0001"), base);
}

TEST(RandomBytes, HaveTheLengthAskedForAndDiffer) {
  EXPECT_EQ(random_bytes(0).size(), 0U);
  EXPECT_EQ(random_bytes(32).size(), 32U);
  EXPECT_NE(random_bytes(32), random_bytes(32));
}

TEST(Hex, IsLowerCaseAndKeepsZeros) {
  EXPECT_EQ(to_hex(std::string_view("\x00\x0f\xA0\xff", 4)), "000fa0ff");
}

}  // namespace
}  // namespace blockwatch
