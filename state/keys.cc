#include "state/keys.h"

#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "state/bytes.h"

namespace blockwatch {
namespace {

constexpr std::size_t kDaySize = 10;
constexpr std::size_t kIncidentIdSize = 16;
constexpr std::uint8_t kClosedMark = 0;
constexpr std::uint8_t kPart = 1;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63U;

std::string kind_key(char kind) {
  return std::string(1, kind);
}

void put_number(std::string& out, std::int64_t number) {
  put_be64(out, static_cast<std::uint64_t>(number) ^ kSignBit);
}

std::string counter_prefix(std::uint32_t partition, Cube cube, Granularity granularity) {
  std::string key = kind_key('C');
  put_be32(key, partition);
  put_u8(key, static_cast<std::uint8_t>(cube));
  put_u8(key, static_cast<std::uint8_t>(granularity));
  return key;
}

std::string row_prefix(const RowKey& row) {
  std::string key = counter_prefix(row.partition, row.cube, row.granularity);
  put_number(key, row.number);
  return key;
}

std::string incident_prefix(std::string_view day, std::string_view id) {
  BW_CHECK(day.size() == kDaySize && id.size() == kIncidentIdSize);
  std::string key = kind_key('I');
  key += day;
  key += id;
  return key;
}

std::string incident_keyed(char kind, std::string_view id) {
  BW_CHECK(id.size() == kIncidentIdSize);
  std::string key = kind_key(kind);
  key += id;
  return key;
}

std::string partition_key(char kind, std::uint32_t partition) {
  std::string key = kind_key(kind);
  put_be32(key, partition);
  return key;
}

std::string place_key(char kind, const RecordPlace& place) {
  std::string key = partition_key(kind, place.partition);
  put_be32(key, place.epoch);
  put_be64(key, place.offset);
  return key;
}

/// A reader behind the kind's byte; bad if the key is of another kind.
ByteReader reader_of(char kind, std::string_view key) {
  ByteReader in(key);
  if (in.u8() != static_cast<std::uint8_t>(kind)) in.fail();
  return in;
}

template <class T>
std::optional<T> if_complete(const ByteReader& in, T value) {
  if (!in.complete()) return std::nullopt;
  return value;
}

std::optional<RecordPlace> place_of(char kind, std::string_view key) {
  ByteReader in = reader_of(kind, key);
  RecordPlace out;
  out.partition = in.be32();
  out.epoch = in.be32();
  out.offset = in.be64();
  return if_complete(in, out);
}

/// Where a counter's key has its granularity.
constexpr std::size_t kGranularityAt = 6;

}  // namespace

Family family_of(std::string_view key) {
  if (key.front() == 'D') return Family::recent;
  if (key.front() == 'E') return Family::kept;
  if (key.front() != 'C') return Family::base;
  BW_CHECK(key.size() > kGranularityAt);
  return static_cast<Granularity>(key[kGranularityAt]) == Granularity::minute ? Family::recent : Family::kept;
}

KeyRange range_of_prefix(std::string prefix) {
  std::string end = prefix;
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  BW_CHECK(!end.empty());
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {std::move(prefix), std::move(end)};
}

std::optional<std::string> incident_id_bytes(std::string_view hex) {
  if (hex.size() != 2 * kIncidentIdSize) return std::nullopt;
  std::string out(kIncidentIdSize, '\0');
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const char c = hex[i];
    int digit = 0;
    if (c >= '0' && c <= '9')
      digit = c - '0';
    else if (c >= 'a' && c <= 'f')
      digit = c - 'a' + 10;
    else
      return std::nullopt;
    out[i / 2] =
        static_cast<char>(static_cast<unsigned char>(out[i / 2]) << 4U | static_cast<unsigned>(digit));
  }
  return out;
}

std::string meta_key(std::string_view name) {
  return kind_key('M') + std::string(name);
}

std::string version_key(VersionKind kind, std::uint32_t index) {
  std::string key = version_range(kind).from;
  put_be32(key, index);
  return key;
}
std::string version_files_key(VersionKind kind, std::uint32_t index) {
  std::string key = kind_key('F');
  put_u8(key, static_cast<std::uint8_t>(kind));
  put_be32(key, index);
  return key;
}
KeyRange version_range(VersionKind kind) {
  std::string key = kind_key('V');
  put_u8(key, static_cast<std::uint8_t>(kind));
  return range_of_prefix(std::move(key));
}

std::string name_key(Dictionary dictionary, DictionaryId id) {
  std::string key = kind_key('N');
  put_u8(key, static_cast<std::uint8_t>(dictionary));
  put_be32(key, id);
  return key;
}
KeyRange name_range(Dictionary dictionary) {
  std::string key = kind_key('N');
  put_u8(key, static_cast<std::uint8_t>(dictionary));
  return range_of_prefix(std::move(key));
}

std::string progress_key(std::uint32_t partition) {
  return partition_key('P', partition);
}
KeyRange progress_range() {
  return range_of_prefix(kind_key('P'));
}
std::string gap_key(std::uint32_t partition, std::uint32_t number) {
  std::string key = partition_key('G', partition);
  put_be32(key, number);
  return key;
}
KeyRange gap_range() {
  return range_of_prefix(kind_key('G'));
}

std::string rollback_key(std::uint32_t number) {
  std::string key = kind_key('B');
  put_be32(key, number);
  return key;
}
KeyRange rollback_range() {
  return range_of_prefix(kind_key('B'));
}

std::string counter_key(const RowKey& row, std::uint32_t run) {
  std::string key = row_prefix(row);
  put_be32(key, run);
  return key;
}
KeyRange row_range(const RowKey& row) {
  return range_of_prefix(row_prefix(row));
}
KeyRange counter_range(std::uint32_t partition, Cube cube, Granularity granularity, std::int64_t from,
                       std::int64_t to) {
  KeyRange range{row_prefix({partition, cube, granularity, from}),
                 row_prefix({partition, cube, granularity, to})};
  if (from >= to) range.to = range.from;
  return range;
}
KeyRange counter_range(std::uint32_t partition, Cube cube, Granularity granularity) {
  return range_of_prefix(counter_prefix(partition, cube, granularity));
}

std::string seen_key(std::uint32_t partition, std::uint64_t chunk) {
  std::string key = partition_key('D', partition);
  put_be64(key, chunk);
  return key;
}
KeyRange seen_range(std::uint32_t partition) {
  return range_of_prefix(partition_key('D', partition));
}

std::string evidence_key(const RecordPlace& first) {
  return place_key('E', first);
}
KeyRange evidence_range() {
  return range_of_prefix(kind_key('E'));
}
std::string reject_key(const RecordPlace& place) {
  return place_key('R', place);
}
KeyRange reject_range() {
  return range_of_prefix(kind_key('R'));
}

std::string incident_part_key(std::string_view day, std::string_view id, std::uint32_t partition) {
  std::string key = incident_prefix(day, id);
  put_u8(key, kPart);
  put_be32(key, partition);
  return key;
}
std::string incident_closed_key(std::string_view day, std::string_view id) {
  std::string key = incident_prefix(day, id);
  put_u8(key, kClosedMark);
  return key;
}
KeyRange incident_range(std::string_view day, std::string_view id) {
  return range_of_prefix(incident_prefix(day, id));
}
KeyRange incident_day_range(std::string_view from_day, std::string_view to_day) {
  return {kind_key('I') + std::string(from_day), range_of_prefix(kind_key('I') + std::string(to_day)).to};
}
std::string incident_day_key(std::string_view id) {
  return incident_keyed('J', id);
}
std::string unclosed_key(std::string_view id) {
  return incident_keyed('U', id);
}
KeyRange unclosed_range() {
  return range_of_prefix(kind_key('U'));
}

std::string log_key(std::uint64_t sequence) {
  std::string key = kind_key('L');
  put_be64(key, sequence);
  return key;
}
KeyRange log_range() {
  return range_of_prefix(kind_key('L'));
}
std::string mark_key(std::string_view incident, std::uint64_t sequence) {
  std::string key = incident_keyed('A', incident);
  put_be64(key, sequence);
  return key;
}
KeyRange mark_range(std::string_view incident) {
  return range_of_prefix(incident_keyed('A', incident));
}
std::string cursor_key(std::string_view output) {
  return kind_key('O') + std::string(output);
}
KeyRange cursor_range() {
  return range_of_prefix(kind_key('O'));
}
std::string suppressed_key(std::string_view output, std::uint64_t sequence) {
  std::string key = suppressed_range(output).from;
  put_be64(key, sequence);
  return key;
}
KeyRange suppressed_range(std::string_view output) {
  std::string key = kind_key('S');
  key += output;
  put_u8(key, 0);
  return range_of_prefix(std::move(key));
}

std::optional<std::uint32_t> name_id_of(std::string_view key) {
  ByteReader in = reader_of('N', key);
  in.u8();
  const std::uint32_t id = in.be32();
  return if_complete(in, id);
}
std::optional<std::uint32_t> version_index_of(std::string_view key) {
  ByteReader in = reader_of('V', key);
  in.u8();
  const std::uint32_t index = in.be32();
  return if_complete(in, index);
}
std::optional<std::uint32_t> progress_partition_of(std::string_view key) {
  ByteReader in = reader_of('P', key);
  const std::uint32_t partition = in.be32();
  return if_complete(in, partition);
}
std::optional<std::uint32_t> rollback_number_of(std::string_view key) {
  ByteReader in = reader_of('B', key);
  const std::uint32_t number = in.be32();
  return if_complete(in, number);
}
bool read_gap_key(std::string_view key, Gap& out) {
  ByteReader in = reader_of('G', key);
  out.partition = in.be32();
  out.number = in.be32();
  return in.complete();
}

std::optional<CounterKey> counter_key_of(std::string_view key) {
  ByteReader in = reader_of('C', key);
  CounterKey out;
  out.row.partition = in.be32();
  const std::uint8_t cube = in.u8();
  const std::uint8_t granularity = in.u8();
  out.row.cube = static_cast<Cube>(cube);
  out.row.granularity = static_cast<Granularity>(granularity);
  out.row.number = static_cast<std::int64_t>(in.be64() ^ kSignBit);
  out.run = in.be32();
  if (cube < 1 || cube > 4 || granularity < 1 || granularity > 4) in.fail();
  return if_complete(in, out);
}

std::optional<std::uint64_t> seen_chunk_of(std::string_view key) {
  ByteReader in = reader_of('D', key);
  in.be32();
  const std::uint64_t chunk = in.be64();
  return if_complete(in, chunk);
}

std::optional<RecordPlace> evidence_place_of(std::string_view key) {
  return place_of('E', key);
}
std::optional<RecordPlace> reject_place_of(std::string_view key) {
  return place_of('R', key);
}

std::optional<IncidentRow> incident_row_of(std::string_view key) {
  ByteReader in = reader_of('I', key);
  IncidentRow out;
  out.day = in.bytes(kDaySize);
  out.id = to_hex(in.bytes(kIncidentIdSize));
  out.closed = in.below(2) == kClosedMark;
  if (!out.closed) out.partition = in.be32();
  return if_complete(in, std::move(out));
}
std::optional<std::string_view> unclosed_id_of(std::string_view key) {
  ByteReader in = reader_of('U', key);
  const std::string_view id = in.bytes(kIncidentIdSize);
  return if_complete(in, id);
}
std::optional<std::uint64_t> log_sequence_of(std::string_view key) {
  ByteReader in = reader_of('L', key);
  const std::uint64_t sequence = in.be64();
  return if_complete(in, sequence);
}
std::optional<std::uint64_t> mark_sequence_of(std::string_view key) {
  ByteReader in = reader_of('A', key);
  in.bytes(kIncidentIdSize);
  const std::uint64_t sequence = in.be64();
  return if_complete(in, sequence);
}
std::optional<std::string_view> cursor_output_of(std::string_view key) {
  ByteReader in = reader_of('O', key);
  const std::string_view name = in.bytes(key.empty() ? 0 : key.size() - 1);
  return if_complete(in, name);
}
std::optional<std::uint64_t> suppressed_sequence_of(std::string_view key, std::string_view output) {
  ByteReader in = reader_of('S', key);
  in.bytes(output.size() + 1);
  const std::uint64_t sequence = in.be64();
  return if_complete(in, sequence);
}

}  // namespace blockwatch
