// The key grammar: one byte per kind of row, then big-endian integers, so that bytewise order is the order in
// which rows are read. The source partition is in every key that derives from the input.
//
// Rows of one life lie in one column family (`family_of`): what goes again after a day or two is mostly gone
// before its memtable is full, so that little of it is ever flushed; what stays and is large is written once
// and never moved.
//
//   meta       'M' name                                              name: "format" "identity" "as_of"
//   version    'V' kind:u8 index:be32                                index from 0, in order of activation
//   files      'F' kind:u8 index:be32                                of the version of that index
//   name       'N' dictionary:u8 id:be32                             ids from 0, without holes
//   progress   'P' partition:be32
//   gap        'G' partition:be32 number:be32                        numbers from 0, without holes
//   rollback   'B' number:be32                                       numbers from 0, without holes
//   counters   'C' partition:be32 cube:u8 granularity:u8 number:number64 run:be32
//                                                                    a row's runs from 0, without holes
//                                                                    (state/page.h)
//   seen       'D' partition:be32 chunk:be64                         chunks ascend in the order of counting
//   evidence   'E' partition:be32 epoch:be32 offset:be64             a chunk, by its first record
//   reject     'R' partition:be32 epoch:be32 offset:be64
//   incident   'I' day:10 bytes id:16 bytes 0x00                     present = closed; the value is empty
//              'I' day:10 bytes id:16 bytes 0x01 partition:be32      one partition's part
//   day of     'J' id:16 bytes                                       the day under which an incident is filed
//   unclosed   'U' id:16 bytes                                       the same, while it is open
//   log        'L' sequence:be64                                     from 1, without holes
//   mark       'A' incident:16 bytes sequence:be64                   the notifications of an incident
//   cursor     'O' output name                                       an output that this state has met
//   suppressed 'S' output name 0x00 sequence:be64                    notifications from this one on that the
//                                                                    output was not given
//
// number64 is the be64 of the two's complement with its sign bit turned over, so that rows before 1970
// sort first. A 16-byte id is the incident's 32 hex digits as bytes. Values: state/codec.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "state/records.h"
#include "state/store.h"

namespace blockwatch {

/// The column families. A range never spans two.
enum class Family : std::uint8_t {
  base,    // all that is not named below
  kept,    // runs of hours, days and months, evidence
  recent,  // runs of minutes, seen ids
};
/// `key` is not empty; a prefix as well, if it is long enough to tell.
Family family_of(std::string_view key);

/// Keys [from, to).
struct KeyRange {
  std::string from;
  std::string to;
};
/// All keys that begin with `prefix`, which is not empty and not all 0xFF.
KeyRange range_of_prefix(std::string prefix);

/// 32 lower-case hex digits as 16 bytes; empty result: it is not that.
std::optional<std::string> incident_id_bytes(std::string_view hex);

std::string meta_key(std::string_view name);
std::string version_key(VersionKind kind, std::uint32_t index);
KeyRange version_range(VersionKind kind);
std::string version_files_key(VersionKind kind, std::uint32_t index);
std::string name_key(Dictionary dictionary, DictionaryId id);
KeyRange name_range(Dictionary dictionary);
std::string progress_key(std::uint32_t partition);
KeyRange progress_range();
std::string gap_key(std::uint32_t partition, std::uint32_t number);
KeyRange gap_range();
std::string rollback_key(std::uint32_t number);
KeyRange rollback_range();

std::string counter_key(const RowKey& row, std::uint32_t run);
/// All runs of a row.
KeyRange row_range(const RowKey& row);
/// The rows [from, to) of one partition; empty if from >= to.
KeyRange counter_range(std::uint32_t partition, Cube cube, Granularity granularity, std::int64_t from,
                       std::int64_t to);
/// The rows of one partition, cube and granularity.
KeyRange counter_range(std::uint32_t partition, Cube cube, Granularity granularity);

std::string seen_key(std::uint32_t partition, std::uint64_t chunk);
KeyRange seen_range(std::uint32_t partition);
std::string evidence_key(const RecordPlace& first);
KeyRange evidence_range();
std::string reject_key(const RecordPlace& place);
KeyRange reject_range();

/// `id` is 16 bytes, `day` 10 (format_utc_day).
std::string incident_part_key(std::string_view day, std::string_view id, std::uint32_t partition);
std::string incident_closed_key(std::string_view day, std::string_view id);
KeyRange incident_range(std::string_view day, std::string_view id);
/// Days inclusive; empty = open.
KeyRange incident_day_range(std::string_view from_day, std::string_view to_day);
std::string incident_day_key(std::string_view id);
std::string unclosed_key(std::string_view id);
KeyRange unclosed_range();

std::string log_key(std::uint64_t sequence);
KeyRange log_range();
std::string mark_key(std::string_view incident, std::uint64_t sequence);
KeyRange mark_range(std::string_view incident);
/// `output` is a name: it holds no byte 0x00.
std::string cursor_key(std::string_view output);
KeyRange cursor_range();
std::string suppressed_key(std::string_view output, std::uint64_t sequence);
KeyRange suppressed_range(std::string_view output);

// ---- back from keys; an empty result: the key is none of its kind

std::optional<std::uint32_t> name_id_of(std::string_view key);
std::optional<std::uint32_t> version_index_of(std::string_view key);
std::optional<std::uint32_t> progress_partition_of(std::string_view key);
std::optional<std::uint32_t> rollback_number_of(std::string_view key);
/// Partition and number of a Gap.
bool read_gap_key(std::string_view key, Gap& out);
struct CounterKey {
  RowKey row;
  std::uint32_t run = 0;
};
std::optional<CounterKey> counter_key_of(std::string_view key);
std::optional<std::uint64_t> seen_chunk_of(std::string_view key);
/// Of a chunk's first record.
std::optional<RecordPlace> evidence_place_of(std::string_view key);
std::optional<RecordPlace> reject_place_of(std::string_view key);
struct IncidentRow {
  std::string id;  // 32 hex digits
  std::string day;
  bool closed = false;  // the mark; else the part of `partition`
  std::uint32_t partition = 0;
};
std::optional<IncidentRow> incident_row_of(std::string_view key);
/// The incident's 16 bytes.
std::optional<std::string_view> unclosed_id_of(std::string_view key);
std::optional<std::uint64_t> log_sequence_of(std::string_view key);
std::optional<std::uint64_t> mark_sequence_of(std::string_view key);
std::optional<std::string_view> cursor_output_of(std::string_view key);
/// `output`: whose range the key was found in.
std::optional<std::uint64_t> suppressed_sequence_of(std::string_view key, std::string_view output);

}  // namespace blockwatch
