#include "state/codec.h"

#include <algorithm>
#include <array>

#include "state/bytes.h"

namespace blockwatch {
namespace {

template <std::size_t kSize>
void put_counts(std::string& out, const std::array<std::uint64_t, kSize>& counts) {
  put_varint(out, kSize);
  for (const std::uint64_t n : counts) put_varint(out, n);
}

/// Fewer than we know are what an older version wrote: the rest is zero. More are refused.
template <std::size_t kSize>
void read_counts(ByteReader& in, std::array<std::uint64_t, kSize>& counts) {
  counts.fill(0);
  const std::uint64_t n = in.varint();
  if (n > kSize) {
    in.fail();
    return;
  }
  for (std::size_t i = 0; i < n; ++i) counts[i] = in.varint();
}

void put_sighting(std::string& out, const std::optional<Sighting>& sighting) {
  put_u8(out, sighting.has_value() ? 1 : 0);
  if (!sighting) return;
  put_time(out, sighting->time);
  put_text(out, sighting->topic);
  put_varint(out, sighting->partition);
  put_varint(out, sighting->offset);
  put_text(out, sighting->ori);
}

void put_anchor(std::string& out, const std::optional<Anchor>& anchor) {
  put_u8(out, anchor.has_value() ? 1 : 0);
  if (!anchor) return;
  put_text(out, anchor->cluster);
  put_time(out, anchor->broker_time);
  put_fixed64(out, anchor->payload);
}

std::optional<Anchor> read_anchor(ByteReader& in) {
  if (!in.flag()) return std::nullopt;
  Anchor out;
  out.cluster = in.text();
  out.broker_time = in.time();
  out.payload = in.fixed64();
  return out;
}

void put_offset(std::string& out, const std::optional<std::uint64_t>& offset) {
  put_u8(out, offset.has_value() ? 1 : 0);
  if (offset) put_varint(out, *offset);
}

std::optional<std::uint64_t> read_offset(ByteReader& in) {
  if (!in.flag()) return std::nullopt;
  return in.varint();
}

/// An enumerator from 1 to `last`.
template <class Value>
Value read_from_one(ByteReader& in, Value last) {
  const std::uint8_t value = in.u8();
  if (value < 1 || value > static_cast<std::uint8_t>(last)) in.fail();
  return static_cast<Value>(value);
}

std::optional<Sighting> read_sighting(ByteReader& in) {
  if (!in.flag()) return std::nullopt;
  Sighting out;
  out.time = in.time();
  out.topic = in.text();
  out.partition = in.varint32();
  out.offset = in.varint();
  out.ori = in.text();
  return out;
}

}  // namespace

std::string encode_number(std::uint64_t value) {
  std::string out;
  put_varint(out, value);
  return out;
}
std::optional<std::uint64_t> decode_number(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint64_t value = in.varint();
  if (!in.complete()) return std::nullopt;
  return value;
}

std::string encode_time(TimeNs time) {
  std::string out;
  put_time(out, time);
  return out;
}
std::optional<TimeNs> decode_time(std::string_view bytes) {
  ByteReader in(bytes);
  const TimeNs time = in.time();
  if (!in.complete()) return std::nullopt;
  return time;
}

std::string encode(const StateIdentity& identity) {
  std::string out;
  put_text(out, identity.instance);
  put_text(out, identity.reject_secret);
  for (const std::uint64_t word : identity.fingerprint_key) put_fixed64(out, word);
  return out;
}
bool decode(std::string_view bytes, StateIdentity& out) {
  ByteReader in(bytes);
  out.instance = in.text();
  out.reject_secret = in.text();
  for (std::uint64_t& word : out.fingerprint_key) word = in.fixed64();
  return in.complete();
}

std::string encode(const StoredVersion& version) {
  std::string out;
  put_time(out, version.activated_at);
  put_text(out, version.digest);
  return out;
}
std::string encode_files(const std::vector<std::string>& files) {
  std::string out;
  put_varint(out, files.size());
  for (const std::string& file : files) put_text(out, file);
  return out;
}
bool decode(std::string_view bytes, StoredVersion& out) {
  ByteReader in(bytes);
  out.activated_at = in.time();
  out.digest = in.text();
  return in.complete();
}
std::optional<std::vector<std::string>> decode_files(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<std::string> files;
  for (std::uint64_t n = in.varint(); n > 0 && !in.bad(); --n) files.emplace_back(in.text());
  return in.complete() ? std::optional(std::move(files)) : std::nullopt;
}

std::string encode(const PartitionProgress& p) {
  std::string out;
  put_text(out, p.topic);
  for (const std::uint64_t n : {std::uint64_t{p.epoch}, p.first_offset, p.next_offset}) put_varint(out, n);
  put_anchor(out, p.anchor);
  put_time(out, p.clock);
  put_time(out, p.oldest);
  put_u8(out, p.ended ? 1 : 0);
  for (const std::uint64_t n : {p.counted, p.duplicate, p.rejected, p.out_of_scope}) put_varint(out, n);
  put_counts(out, p.by_reason);
  for (const std::uint64_t n :
       {p.bad_destination_partial, p.stray_results, p.unknown_codes, p.dedup_evicted, p.late})
    put_varint(out, n);
  return out;
}
bool decode(std::string_view bytes, PartitionProgress& out) {
  ByteReader in(bytes);
  out.topic = in.text();
  out.epoch = in.varint32();
  out.first_offset = in.varint();
  out.next_offset = in.varint();
  out.anchor = read_anchor(in);
  out.clock = in.time();
  out.oldest = in.time();
  out.ended = in.flag();
  for (std::uint64_t* n : {&out.counted, &out.duplicate, &out.rejected, &out.out_of_scope}) *n = in.varint();
  read_counts(in, out.by_reason);
  for (std::uint64_t* n :
       {&out.bad_destination_partial, &out.stray_results, &out.unknown_codes, &out.dedup_evicted, &out.late})
    *n = in.varint();
  return in.complete();
}

std::string encode(const Gap& gap) {
  std::string out;
  put_u8(out, static_cast<std::uint8_t>(gap.kind));
  put_u8(out, static_cast<std::uint8_t>(gap.state));
  put_time(out, gap.found_at);
  put_time(out, gap.decided_at);
  for (const std::uint64_t n : {std::uint64_t{gap.epoch}, gap.first_offset, gap.position}) put_varint(out, n);
  for (const auto& offset : {gap.log_start, gap.log_end, gap.resumed_at}) put_offset(out, offset);
  put_time(out, gap.clock);
  put_time(out, gap.until);
  put_text(out, gap.note);
  return out;
}
bool decode(std::string_view bytes, Gap& out) {
  ByteReader in(bytes);
  out.kind = read_from_one(in, GapKind::offset_jump);
  out.state = read_from_one(in, GapState::cleared);
  out.found_at = in.time();
  out.decided_at = in.time();
  out.epoch = in.varint32();
  out.first_offset = in.varint();
  out.position = in.varint();
  for (auto* offset : {&out.log_start, &out.log_end, &out.resumed_at}) *offset = read_offset(in);
  out.clock = in.time();
  out.until = in.time();
  out.note = in.text();
  return in.complete();
}

std::string encode(const RejectRecord& reject) {
  std::string out;
  put_u8(out, static_cast<std::uint8_t>(reject.reason));
  put_varint(out, reject.length);
  out.append(reinterpret_cast<const char*>(reject.hash.data()), reject.hash.size());
  return out;
}
bool decode(std::string_view bytes, RejectRecord& out) {
  ByteReader in(bytes);
  out.reason = static_cast<RejectReason>(in.below(kRejectReasonCount));
  out.length = in.varint();
  const std::string_view hash = in.bytes(out.hash.size());
  std::copy(hash.begin(), hash.end(), out.hash.begin());
  return in.complete();
}

std::string encode(const IncidentPart& part) {
  std::string out;
  for (const std::string* s : {&part.key.kind, &part.key.policy, &part.key.jurisdiction, &part.key.agency})
    put_text(out, *s);
  put_varint(out, part.allowance);
  put_time(out, part.closes_at);
  put_varint(out, part.counters.count);
  put_varint(out, part.counters.photo);
  put_counts(out, part.counters.by_outcome);
  put_counts(out, part.counters.by_class);
  put_sighting(out, part.counters.first);
  put_sighting(out, part.counters.last);
  return out;
}
bool decode(std::string_view bytes, IncidentPart& out) {
  ByteReader in(bytes);
  for (std::string* s : {&out.key.kind, &out.key.policy, &out.key.jurisdiction, &out.key.agency})
    *s = in.text();
  out.allowance = in.varint();
  out.closes_at = in.time();
  out.counters.count = in.varint();
  out.counters.photo = in.varint();
  read_counts(in, out.counters.by_outcome);
  read_counts(in, out.counters.by_class);
  out.counters.first = read_sighting(in);
  out.counters.last = read_sighting(in);
  return in.complete();
}

std::string encode(const Notification& n) {
  std::string out;
  put_text(out, n.id);
  put_text(out, n.incident);
  put_text(out, n.milestone);
  put_time(out, n.time);
  put_time(out, n.newest_broker_time);
  put_time(out, n.newest_event_time);
  put_text(out, n.body);
  return out;
}
bool decode(std::string_view bytes, Notification& out) {
  ByteReader in(bytes);
  out.id = in.text();
  out.incident = in.text();
  out.milestone = in.text();
  out.time = in.time();
  out.newest_broker_time = in.time();
  out.newest_event_time = in.time();
  out.body = in.text();
  return in.complete();
}

std::string encode(const NotificationMark& mark) {
  std::string out;
  put_text(out, mark.milestone);
  put_time(out, mark.time);
  return out;
}
bool decode(std::string_view bytes, NotificationMark& out) {
  ByteReader in(bytes);
  out.milestone = in.text();
  out.time = in.time();
  return in.complete();
}

std::string encode(const OutputStanding& output) {
  std::string out;
  put_varint(out, output.cursor);
  put_varint(out, output.delivered);
  return out;
}
bool decode(std::string_view bytes, OutputStanding& out) {
  ByteReader in(bytes);
  out.cursor = in.varint();
  out.delivered = in.varint();
  return in.complete();
}

std::string encode(const Suppressed& suppressed) {
  std::string out;
  put_varint(out, suppressed.count);
  put_u8(out, static_cast<std::uint8_t>(suppressed.reason));
  return out;
}
bool decode(std::string_view bytes, Suppressed& out) {
  ByteReader in(bytes);
  out.count = in.varint();
  out.reason = static_cast<Suppression>(in.u8());
  if (out.reason != Suppression::stale) in.fail();
  return in.complete();
}

}  // namespace blockwatch
