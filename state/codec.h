// The bytes of stored values, in the primitives of state/bytes.h. What the key says is not repeated.
//
//   format        version:varint
//   identity      instance:text reject_secret:text fingerprint_key:fixed64 fixed64
//   as_of         time
//   version       activated_at:time digest:text
//   files         n:varint files:text*n
//   name          the string itself
//   progress      topic:text epoch first_offset next_offset:varint (0:u8 | 1:u8 anchor)
//                 clock oldest:time ended:u8 counted duplicate rejected out_of_scope:varint n:varint
//                 by_reason:varint*n bad_destination_partial stray_results unknown_codes dedup_evicted
//                 late:varint
//   anchor        cluster:text broker_time:time payload:fixed64
//   gap           kind state:u8 found_at decided_at:time epoch first_offset position:varint
//                 (0:u8 | 1:u8 offset:varint)*3 (log_start, log_end, resumed_at) clock until:time note:text
//   rollback      at:time n:varint (partition epoch next_offset:varint)*n
//   evidence      time:time agency:varint ori:9 bytes class photo outcome via verdict:u8 exception:text
//                 policy_digest:varint
//   reject        reason:u8 length:varint hash:32 bytes
//   incident part kind policy jurisdiction agency:text allowance:varint closes_at:time count photo:varint
//                 n:varint by_outcome:varint*n n:varint by_class:varint*n (0:u8 | 1:u8 sighting)*2 (first,
//                 last)
//   sighting      time:time topic:text partition offset:varint ori:text
//   notification  id incident milestone:text time newest_broker_time newest_event_time:time body:text
//   mark          milestone:text time:time
//   day           10 bytes
//   cursor        sequence delivered:varint        up to the sequence all are delivered or suppressed
//   suppressed    count:varint reason:u8           so many from the key's sequence on
//
// The runs of counters: state/run.h. Seen ids: state/seen_chunk.h. Enumerators are stored by value and
// refused beyond those known here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/records.h"
#include "state/store.h"

namespace blockwatch {

std::string encode_number(std::uint64_t value);
std::string encode_time(TimeNs time);
std::string encode(const StateIdentity& identity);
std::string encode(const StoredVersion& version);
std::string encode_files(const std::vector<std::string>& files);
std::string encode(const PartitionProgress& progress);
std::string encode(const Gap& gap);
std::string encode(const RejectRecord& reject);
std::string encode(const IncidentPart& part);
std::string encode(const Notification& notification);
/// The sequence is in the key.
std::string encode(const NotificationMark& mark);
std::string encode(const OutputStanding& output);
std::string encode(const Suppressed& suppressed);

// Each false or empty: the bytes are damaged; the output is then unspecified. Members that the key holds are
// not touched.
std::optional<std::uint64_t> decode_number(std::string_view bytes);
std::optional<TimeNs> decode_time(std::string_view bytes);
bool decode(std::string_view bytes, StateIdentity& out);
bool decode(std::string_view bytes, StoredVersion& out);
std::optional<std::vector<std::string>> decode_files(std::string_view bytes);
bool decode(std::string_view bytes, PartitionProgress& out);
bool decode(std::string_view bytes, Gap& out);
bool decode(std::string_view bytes, RejectRecord& out);
bool decode(std::string_view bytes, IncidentPart& out);
bool decode(std::string_view bytes, Notification& out);
bool decode(std::string_view bytes, NotificationMark& out);
bool decode(std::string_view bytes, OutputStanding& out);
bool decode(std::string_view bytes, Suppressed& out);

}  // namespace blockwatch
