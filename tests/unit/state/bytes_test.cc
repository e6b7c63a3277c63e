#include "state/bytes.h"

#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

TEST(Bytes, EveryPrimitiveReadsBackWhatWasPut) {
  test::Random random;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t a = random.any_size();
    const auto b = static_cast<std::int64_t>(random.any_size() * (random.below(2) == 0 ? 1 : UINT64_MAX));
    const auto c = static_cast<std::uint32_t>(random.any_size());
    const std::string text = random.bytes(200);
    std::string out;
    put_varint(out, a);
    put_zigzag(out, b);
    put_be32(out, c);
    put_be64(out, a);
    put_fixed64(out, a);
    put_time(out, b);
    put_text(out, text);
    put_u8(out, 7);
    ByteReader in(out);
    ASSERT_EQ(in.varint(), a);
    ASSERT_EQ(in.zigzag(), b);
    ASSERT_EQ(in.be32(), c);
    ASSERT_EQ(in.be64(), a);
    ASSERT_EQ(in.fixed64(), a);
    ASSERT_EQ(in.time(), b);
    ASSERT_EQ(in.text(), text);
    ASSERT_EQ(in.u8(), 7);
    ASSERT_TRUE(in.complete());
  }
}

TEST(Bytes, ExtremesReadBack) {
  for (const std::int64_t v : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}}) {
    std::string out;
    put_zigzag(out, v);
    put_varint(out, static_cast<std::uint64_t>(v));
    ByteReader in(out);
    EXPECT_EQ(in.zigzag(), v);
    EXPECT_EQ(in.varint(), static_cast<std::uint64_t>(v));
    EXPECT_TRUE(in.complete());
  }
}

TEST(Bytes, WhatDoesNotFitIsBadAndYieldsZeros) {
  ByteReader empty("");
  EXPECT_EQ(empty.varint(), 0U);
  EXPECT_TRUE(empty.bad());

  ByteReader endless(std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12));
  EXPECT_EQ(endless.varint(), 0U);
  EXPECT_TRUE(endless.bad());

  ByteReader beyond_64_bits(std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10));
  EXPECT_EQ(beyond_64_bits.varint(), 0U);
  EXPECT_TRUE(beyond_64_bits.bad());

  ByteReader text_longer_than_the_rest(
      "\x05"
      "ab");
  EXPECT_EQ(text_longer_than_the_rest.text(), "");
  EXPECT_TRUE(text_longer_than_the_rest.bad());

  ByteReader flag("\x02");
  EXPECT_FALSE(flag.flag());
  EXPECT_TRUE(flag.bad());

  ByteReader trailing("ab");
  trailing.u8();
  EXPECT_FALSE(trailing.bad());
  EXPECT_FALSE(trailing.complete());
}

}  // namespace
}  // namespace blockwatch
