// Chunks of evidence: nothing is lost, and damaged bytes are refused.
#include "state/evidence_chunk.h"

#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

Evidence random_evidence(test::Random& random, std::uint64_t offset) {
  Evidence e;
  e.partition = 7;
  e.epoch = 3;
  e.offset = offset;
  e.jurisdiction = static_cast<Jurisdiction>(random.below(kJurisdictionCount));
  e.policy = static_cast<DictionaryId>(random.any_size());
  e.time = random.below(3) == 0 ? static_cast<TimeNs>(random.bits())
                                : static_cast<TimeNs>(1'762'956'000 + random.below(1000)) * kSecond;
  e.agency = static_cast<DictionaryId>(random.any_size());
  e.ori = *Ori::from(random.below(2) == 0 ? "VTICE0900" : "IL0160000");
  e.cls = static_cast<Class>(random.below(kClassCount));
  e.photo = random.below(2) == 1;
  e.outcome = static_cast<Outcome>(random.below(kOutcomeCount));
  e.via = static_cast<Via>(random.below(3));
  e.verdict = static_cast<Verdict>(random.below(kVerdictCount));
  e.exception = random.below(4) == 0 ? random.bytes(30) : "";
  e.policy_digest = static_cast<DictionaryId>(random.any_size());
  return e;
}

std::vector<Evidence> random_pieces(test::Random& random) {
  std::vector<Evidence> pieces;
  std::uint64_t offset = random.any_size() / 2;
  for (std::uint64_t n = 1 + random.below(6); n > 0; --n, offset += random.below(3))
    pieces.push_back(random_evidence(random, offset));
  return pieces;
}

std::string encoded(const std::vector<Evidence>& pieces) {
  std::vector<const Evidence*> list;
  for (const Evidence& e : pieces) list.push_back(&e);
  return encode_evidence(list);
}

auto fields(const Evidence& e) {
  return std::tuple(e.partition, e.epoch, e.offset, e.jurisdiction, e.policy, e.time, e.agency, e.ori.view(),
                    e.cls, e.photo, e.outcome, e.via, e.verdict, e.policy_digest, e.exception);
}

bool decodes(std::string_view bytes) {
  return decode_evidence({}, bytes, [](const Evidence&) {});
}

TEST(EvidenceChunk, ComesBackAsItWas) {
  test::Random random;
  for (int i = 0; i < 2'000; ++i) {
    const std::vector<Evidence> pieces = random_pieces(random);
    std::size_t n = 0;
    ASSERT_TRUE(decode_evidence({7, 3, pieces.front().offset}, encoded(pieces), [&](const Evidence& e) {
      ASSERT_LT(n, pieces.size());
      EXPECT_EQ(fields(e), fields(pieces[n++]));
    }));
    ASSERT_EQ(n, pieces.size());
  }
}

TEST(EvidenceChunk, CutOrLengthenedIsRefused) {
  test::Random random;
  for (int i = 0; i < 50; ++i) {
    const std::string bytes = encoded(random_pieces(random));
    for (std::size_t n = 0; n < bytes.size(); ++n)
      ASSERT_FALSE(decodes(std::string_view(bytes).substr(0, n))) << n;
    ASSERT_FALSE(decodes(bytes + "x"));
  }
}

TEST(EvidenceChunk, AnyBytesDecodeOrAreRefusedButNeverMore) {
  test::Random random;
  for (int i = 0; i < 30'000; ++i) decodes(random.bytes(80));
}

TEST(EvidenceChunk, WhatIsNotKnownIsRefused) {
  Evidence e;
  e.ori = *Ori::from("VTICE0900");
  std::string bytes = encoded({e});
  ASSERT_TRUE(decodes(bytes));
  // n offset time jurisdiction policy agency ori what why
  constexpr std::size_t kJurisdictionAt = 3, kOriAt = 6, kWhatAt = 15, kWhyAt = 16;
  const auto with = [&](std::size_t at, char byte) {
    std::string other = bytes;
    other[at] = byte;
    return other;
  };
  EXPECT_FALSE(decodes(with(kJurisdictionAt, kJurisdictionCount)));
  EXPECT_FALSE(decodes(with(kOriAt, '\x01')));
  EXPECT_FALSE(decodes(with(kWhatAt, kOutcomeCount << 3U)));
  EXPECT_FALSE(decodes(with(kWhyAt, 3)));
  EXPECT_FALSE(decodes(with(kWhyAt, kVerdictCount << 2U)));
}

}  // namespace
}  // namespace blockwatch
