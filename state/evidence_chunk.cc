#include "state/evidence_chunk.h"

#include "base/check.h"
#include "state/bytes.h"

namespace blockwatch {
namespace {

constexpr unsigned kPhotoFrom = 2, kOutcomeFrom = 3, kVerdictFrom = 2;
constexpr std::size_t kViaCount = 3;

void put_piece(std::string& out, const Evidence& e) {
  put_u8(out, e.jurisdiction);
  put_varint(out, e.policy);
  put_varint(out, e.agency);
  out += e.ori.view();
  put_u8(out, static_cast<std::uint8_t>(static_cast<unsigned>(e.cls) | (e.photo ? 1U : 0U) << kPhotoFrom |
                                        static_cast<unsigned>(e.outcome) << kOutcomeFrom));
  put_u8(out, static_cast<std::uint8_t>(static_cast<unsigned>(e.via) | static_cast<unsigned>(e.verdict)
                                                                           << kVerdictFrom));
  put_text(out, e.exception);
  put_varint(out, e.policy_digest);
}

void read_piece(ByteReader& in, Evidence& e) {
  e.jurisdiction = in.below(kJurisdictionCount);
  e.policy = in.varint32();
  e.agency = in.varint32();
  const auto ori = Ori::from(in.bytes(Ori::kSize));
  const unsigned what = in.below(kOutcomeCount << kOutcomeFrom);
  const unsigned why = in.below(kVerdictCount << kVerdictFrom);
  const unsigned via = why & ((1U << kVerdictFrom) - 1);
  if (!ori || via >= kViaCount) {
    in.fail();
    return;
  }
  e.ori = *ori;
  e.cls = static_cast<Class>(what & (kClassCount - 1));
  e.photo = (what >> kPhotoFrom & 1U) != 0;
  e.outcome = static_cast<Outcome>(what >> kOutcomeFrom);
  e.via = static_cast<Via>(via);
  e.verdict = static_cast<Verdict>(why >> kVerdictFrom);
  e.exception = in.text();
  e.policy_digest = in.varint32();
}

}  // namespace

std::string encode_evidence(std::span<const Evidence* const> pieces) {
  BW_CHECK(!pieces.empty());
  std::string out;
  put_varint(out, pieces.size());
  std::uint64_t offset = pieces.front()->offset;
  TimeNs time = 0;
  // Times as unsigned, so that the difference of any two fits, and damaged bytes wrap instead of overflowing.
  for (const Evidence* e : pieces) {
    BW_CHECK(e->partition == pieces.front()->partition && e->epoch == pieces.front()->epoch &&
             e->offset >= offset);
    put_varint(out, e->offset - offset);
    put_zigzag(out, static_cast<std::int64_t>(static_cast<std::uint64_t>(e->time) -
                                              static_cast<std::uint64_t>(time)));
    put_piece(out, *e);
    offset = e->offset;
    time = e->time;
  }
  return out;
}

bool decode_evidence(const RecordPlace& first, std::string_view bytes,
                     const std::function<void(const Evidence&)>& visit) {
  ByteReader in(bytes);
  Evidence e;
  e.partition = first.partition;
  e.epoch = first.epoch;
  e.offset = first.offset;
  for (std::uint64_t n = in.varint(); n > 0; --n) {
    e.offset += in.varint();
    e.time =
        static_cast<TimeNs>(static_cast<std::uint64_t>(e.time) + static_cast<std::uint64_t>(in.zigzag()));
    read_piece(in, e);
    if (in.bad()) return false;
    visit(e);
  }
  return in.complete();
}

}  // namespace blockwatch
