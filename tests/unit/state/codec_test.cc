#include "state/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

TimeNs random_time(test::Random& random) {
  return static_cast<TimeNs>(random.bits());
}

Sighting random_sighting(test::Random& random) {
  return {random_time(random), random.bytes(20), static_cast<std::uint32_t>(random.any_size()),
          random.any_size(), random.bytes(9)};
}

PartitionProgress random_progress(test::Random& random) {
  PartitionProgress p;
  p.topic = random.bytes(30);
  p.epoch = static_cast<std::uint32_t>(random.any_size());
  if (random.below(2) == 1) p.anchor = {random.bytes(22), random_time(random), random.bits()};
  p.clock = random_time(random);
  p.ended = random.below(2) == 1;
  for (std::uint64_t* n :
       {&p.first_offset, &p.next_offset, &p.counted, &p.duplicate, &p.rejected, &p.out_of_scope,
        &p.bad_destination_partial, &p.stray_results, &p.unknown_codes, &p.dedup_evicted, &p.late})
    *n = random.any_size();
  for (std::uint64_t& n : p.by_reason) n = random.any_size();
  return p;
}

Gap random_gap(test::Random& random) {
  Gap gap;
  gap.kind = static_cast<GapKind>(1 + random.below(6));
  gap.state = static_cast<GapState>(1 + random.below(4));
  for (TimeNs* time : {&gap.found_at, &gap.decided_at, &gap.clock, &gap.until}) *time = random_time(random);
  gap.epoch = static_cast<std::uint32_t>(random.any_size());
  for (std::uint64_t* n : {&gap.first_offset, &gap.position}) *n = random.any_size();
  for (auto* offset : {&gap.log_start, &gap.log_end, &gap.resumed_at})
    if (random.below(2) == 1) *offset = random.any_size();
  gap.note = random.bytes(40);
  return gap;
}

IncidentPart random_part(test::Random& random) {
  IncidentPart part;
  for (std::string* s : {&part.key.kind, &part.key.policy, &part.key.jurisdiction, &part.key.agency})
    *s = random.bytes(20);
  part.allowance = random.any_size();
  part.closes_at = random_time(random);
  part.counters.count = random.any_size();
  part.counters.photo = random.any_size();
  for (std::uint64_t& n : part.counters.by_outcome) n = random.any_size();
  for (std::uint64_t& n : part.counters.by_class) n = random.any_size();
  if (random.below(2) == 1) part.counters.first = random_sighting(random);
  if (random.below(2) == 1) part.counters.last = random_sighting(random);
  return part;
}

Rollback random_rollback(test::Random& random) {
  Rollback rollback{random_time(random), {}};
  for (std::uint64_t n = random.below(4); n > 0; --n)
    rollback.positions.push_back({static_cast<std::uint32_t>(random.below(9)),
                                  static_cast<std::uint32_t>(random.below(3)), random.any_size()});
  return rollback;
}

/// Encodes, decodes, encodes again: equal bytes mean that nothing was lost. Cut or lengthened bytes are
/// refused.
template <class T>
void expect_round_trip(const T& value) {
  const std::string bytes = encode(value);
  T back;
  ASSERT_TRUE(decode(bytes, back));
  ASSERT_EQ(encode(back), bytes);
  for (std::size_t n = 0; n < bytes.size(); ++n)
    ASSERT_FALSE(decode(std::string_view(bytes).substr(0, n), back)) << n;
  ASSERT_FALSE(decode(bytes + "x", back));
}

TEST(Codec, RecordsReadBackWholeAndNotCut) {
  test::Random random;
  for (int i = 0; i < 300; ++i) {
    expect_round_trip(random_progress(random));
    expect_round_trip(random_part(random));
    expect_round_trip(random_gap(random));
    expect_round_trip(random_rollback(random));
    StateIdentity identity;
    identity.instance = random.bytes(16);
    identity.reject_secret = random.bytes(32);
    identity.fingerprint_key = {random.bits(), random.bits()};
    expect_round_trip(identity);
    expect_round_trip(StoredVersion{random_time(random), random.bytes(64)});
    const std::vector<std::string> files{random.bytes(100), random.bytes(100)};
    EXPECT_EQ(decode_files(encode_files(files)), files);
    RejectRecord reject;
    reject.reason = static_cast<RejectReason>(random.below(kRejectReasonCount));
    reject.length = random.any_size();
    for (std::uint8_t& b : reject.hash) b = static_cast<std::uint8_t>(random.bits());
    expect_round_trip(reject);
    Notification n;
    n.id = random.bytes(64);
    n.body = random.bytes(300);
    n.time = random_time(random);
    n.newest_event_time = random_time(random);
    expect_round_trip(n);
    expect_round_trip(OutputStanding{"", random.any_size(), random.any_size(), {}});
    expect_round_trip(Suppressed{0, random.any_size(), Suppression::stale});
    expect_round_trip(NotificationMark{random.bytes(10), 0, random_time(random)});
  }
}

TEST(Codec, MembersLandWhereTheyCameFrom) {
  PartitionProgress p;
  p.topic = "t";
  p.first_offset = 1, p.next_offset = 2, p.clock = 3, p.ended = true, p.counted = 4, p.duplicate = 5,
  p.rejected = 6;
  p.out_of_scope = 7, p.by_reason[12] = 8, p.bad_destination_partial = 9, p.stray_results = 10,
  p.unknown_codes = 11;
  p.dedup_evicted = 12, p.late = 13, p.oldest = 14;
  PartitionProgress b;
  ASSERT_TRUE(decode(encode(p), b));
  EXPECT_EQ(b.topic, "t");
  EXPECT_THAT((std::vector<std::uint64_t>{b.first_offset, b.next_offset, static_cast<std::uint64_t>(b.clock),
                                          b.counted, b.duplicate, b.rejected, b.out_of_scope, b.by_reason[12],
                                          b.bad_destination_partial, b.stray_results, b.unknown_codes,
                                          b.dedup_evicted, b.late, static_cast<std::uint64_t>(b.oldest)}),
              testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
  EXPECT_TRUE(b.ended);
}

TEST(Codec, AnyBytesDecodeOrAreRefusedButNeverMore) {
  test::Random random;
  for (int i = 0; i < 30'000; ++i) {
    const std::string bytes = random.bytes(80);
    PartitionProgress p;
    IncidentPart part;
    RejectRecord r;
    StoredVersion v;
    Notification n;
    Gap gap;
    decode(bytes, gap);
    Rollback rollback;
    decode(bytes, rollback);
    decode(bytes, p);
    decode(bytes, part);
    decode(bytes, r);
    decode(bytes, v);
    decode(bytes, n);
    decode_files(bytes);
  }
}

TEST(Codec, EnumeratorsThatAreNotKnownAreRefused) {
  std::string bytes = encode(RejectRecord{});
  bytes[0] = static_cast<char>(kRejectReasonCount);
  RejectRecord back;
  EXPECT_FALSE(decode(bytes, back));
  bytes = encode(Suppressed{1, 1, Suppression::stale});
  for (const char reason : {'\x00', '\x02'}) {
    bytes.back() = reason;
    Suppressed suppressed;
    EXPECT_FALSE(decode(bytes, suppressed));
  }
}

}  // namespace
}  // namespace blockwatch
