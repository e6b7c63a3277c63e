#include "state/seen_chunk.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

std::vector<SeenId> seen_back(const std::string& bytes) {
  std::vector<SeenId> out;
  EXPECT_TRUE(decode_seen(bytes, [&](const SeenId& id) { out.push_back(id); }));
  return out;
}

TEST(SeenChunk, ReadsBackInOrderWithItsClocks) {
  test::Random random;
  for (int i = 0; i < 500; ++i) {
    const TimeNs unit = i % 3 == 0 ? 1 : i % 3 == 1 ? kMillisecond : kSecond;
    TimeNs clock = (static_cast<TimeNs>(random.below(4'000'000'000)) - 2'000'000'000) * kSecond;
    std::vector<SeenId> ids;
    for (std::uint64_t n = 1 + random.below(50); n > 0; --n) {
      ids.push_back({random.bits(), clock});
      clock += static_cast<TimeNs>(random.below(1000)) * unit;
    }
    const std::string bytes = encode_seen(ids);
    const std::vector<SeenId> back = seen_back(bytes);
    ASSERT_EQ(back.size(), ids.size());
    for (std::size_t n = 0; n < ids.size(); ++n) {
      ASSERT_EQ(back[n].fingerprint, ids[n].fingerprint);
      ASSERT_EQ(back[n].clock, ids[n].clock);
    }
    ASSERT_EQ(seen_last_clock(bytes), ids.back().clock);
  }
}

TEST(SeenChunk, ClocksAtTheEndsOfTimeReadBack) {
  const std::vector<SeenId> ids{{1, kTimeMin + 1}, {2, -1}, {3, 0}, {4, kTimeMax}};
  const std::vector<SeenId> back = seen_back(encode_seen(ids));
  ASSERT_EQ(back.size(), 4U);
  EXPECT_EQ(back[0].clock, kTimeMin + 1);
  EXPECT_EQ(back[3].clock, kTimeMax);
}

/// Clocks as they come: most ids are behind the newest one, a few are odd to the nanosecond.
std::vector<SeenId> usual_ids(test::Random& random, std::size_t count) {
  std::vector<SeenId> ids;
  TimeNs clock = 1'762'000'000 * kSecond;
  while (ids.size() < count) {
    if (random.below(4) == 0) clock += static_cast<TimeNs>(1 + random.below(3000)) * kMillisecond;
    if (random.below(1000) == 0) clock += static_cast<TimeNs>(random.below(1000));
    ids.push_back({random.bits(), clock});
  }
  return ids;
}

TEST(SeenChunk, AnIdTakesItsFingerprintAndABitOverAByte) {
  test::Random random;
  EXPECT_LE(static_cast<double>(encode_seen(usual_ids(random, 50'000)).size()), 50'000 * 9.3);
}

TEST(SeenChunk, AnyDistanceReadsBack) {
  std::vector<SeenId> ids{{0, kTimeMin + 1}};
  for (unsigned bits = 0; bits < 62; ++bits)
    for (const TimeNs step : {(TimeNs{1} << bits) - 1, TimeNs{1} << bits})
      if (ids.back().clock < kTimeMax - step) ids.push_back({bits, ids.back().clock + step});
  const std::vector<SeenId> back = seen_back(encode_seen(ids));
  ASSERT_EQ(back.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(back[i].clock, ids[i].clock) << i;
}

TEST(SeenChunk, DamagedOnesAreRefusedAndAnyBytesAreDefined) {
  test::Random random;
  const auto refused = [](const std::string& bytes) { return !decode_seen(bytes, [](const SeenId&) {}); };
  const std::string intact = encode_seen(usual_ids(random, 100));
  EXPECT_FALSE(refused(intact));
  for (std::size_t n = 0; n < intact.size(); ++n) ASSERT_TRUE(refused(intact.substr(0, n))) << n;
  EXPECT_TRUE(refused(intact + '\0'));
  EXPECT_TRUE(refused(intact + 'x'));
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = intact;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n)
      bytes[random.below(bytes.size())] = static_cast<char>(random.bits());
    refused(bytes);
    refused(random.bytes(60));
  }
}

}  // namespace
}  // namespace blockwatch
