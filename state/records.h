// What one commit writes and what readers get back: plain values, no RocksDB type. The bytes are in
// state/keys.h and state/codec.h.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/domain.h"
#include "base/ori.h"
#include "base/time.h"

namespace blockwatch {

/// Strings that become small ids. The values are part of the stored format: append only.
enum class Dictionary : std::uint8_t { agency = 1, ori = 2, channel = 3, policy = 4, policy_digest = 5 };
inline constexpr std::size_t kDictionaryCount = 5;
using DictionaryId = std::uint32_t;

enum class Cube : std::uint8_t { disclosures = 1, oris = 2, messages = 3, quality = 4 };
/// Months only of cube `disclosures`, and without class and channel (state/cell.h).
enum class Granularity : std::uint8_t { minute = 1, hour = 2, day = 3, month = 4 };
/// What numbers of buckets count; a month's number is that of its first day.
constexpr TimeNs unit_of(Granularity g) {
  return g == Granularity::minute ? kMinute : g == Granularity::hour ? kHour : kDay;
}
/// The number of the bucket that holds `time`.
inline std::int64_t number_of(Granularity g, TimeNs time) {
  const std::int64_t units = bucket_of(time, unit_of(g));
  return g == Granularity::month ? first_of_month(units) : units;
}

/// One time bucket of one cube on one partition, UTC.
struct BucketKey {
  std::uint32_t partition = 0;
  Cube cube = Cube::disclosures;
  Granularity granularity = Granularity::day;
  std::int64_t number = 0;
  friend auto operator<=>(const BucketKey&, const BucketKey&) = default;
};

/// What is stored and expires as one: a bucket's cells, or the minutes of an hour together; `number` is the
/// bucket's, or the hour's.
struct RowKey {
  std::uint32_t partition = 0;
  Cube cube = Cube::disclosures;
  Granularity granularity = Granularity::day;
  std::int64_t number = 0;
  friend auto operator<=>(const RowKey&, const RowKey&) = default;
};
inline constexpr std::int64_t kMinutesInRow = kHour / kMinute;
constexpr RowKey row_of(const BucketKey& b) {
  return {b.partition, b.cube, b.granularity,
          b.granularity == Granularity::minute ? bucket_of(b.number, kMinutesInRow) : b.number};
}

/// The dimensions of a cell, packed (state/cell.h); `detail` is the dictionary id of its ORI + 1 in cube
/// `oris`, the minute of the hour in a row of minutes, 0 elsewhere.
struct Cell {
  std::uint64_t code = 0;
  std::uint32_t detail = 0;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};
struct CellCount {
  Cell cell;
  std::uint64_t count = 0;
};

/// What the record before a partition's position looked like: by it the log is known again.
struct Anchor {
  std::string cluster;           // id of the Kafka cluster that had it; empty: it has none
  TimeNs broker_time = kNoTime;  // kNoTime: the record carries none
  std::uint64_t payload = 0;     // its fingerprint under the store's key
  friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// Everything known of a partition; absolute values, so that writing them is idempotent.
struct PartitionProgress {
  std::uint32_t partition = 0;
  std::string topic;
  /// Rises when an operator lets the offsets begin anew: (epoch, offset) is a record's place for ever.
  std::uint32_t epoch = 0;
  std::uint64_t first_offset = 0;  // since the last gap
  std::uint64_t next_offset = 0;
  std::optional<Anchor> anchor;  // of the record before next_offset; none: there is none to compare with
  TimeNs clock = kNoTime;        // the greatest event time counted
  TimeNs oldest = kTimeMax;      // the least event time counted; kTimeMax: none yet
  /// A batch reached the end of its input here: its clock counts as passed for every span.
  bool ended = false;
  std::uint64_t counted = 0, duplicate = 0, rejected = 0, out_of_scope = 0;
  std::array<std::uint64_t, kRejectReasonCount> by_reason{};
  std::uint64_t bad_destination_partial = 0, stray_results = 0, unknown_codes = 0, dedup_evicted = 0,
                late = 0;
  std::uint64_t consumed() const { return counted + duplicate + rejected + out_of_scope; }
};

/// A position with what a reader needs to find and order it; compared in this order of members.
struct Sighting {
  TimeNs time = 0;
  std::string topic;
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  std::string ori;
  friend auto operator<=>(const Sighting&, const Sighting&) = default;
};

/// Where a record stands.
struct RecordPlace {
  std::uint32_t partition = 0;
  std::uint32_t epoch = 0;
  std::uint64_t offset = 0;
  friend auto operator<=>(const RecordPlace&, const RecordPlace&) = default;
};

/// One record per (observation, policy) with a verdict other than none or shadow. No personal data.
struct Evidence {
  std::uint32_t partition = 0;
  std::uint32_t epoch = 0;
  std::uint64_t offset = 0;
  Jurisdiction jurisdiction = 0;
  DictionaryId policy = 0;
  TimeNs time = 0;
  DictionaryId agency = 0;
  Ori ori;
  Class cls = Class::other;
  bool photo = false;
  Outcome outcome = Outcome::unknown;
  Via via = Via::named;
  Verdict verdict = Verdict::none;
  DictionaryId policy_digest = 0;
  std::string exception;  // reference, where excepted
};

struct RejectRecord {
  std::uint32_t partition = 0;
  std::uint32_t epoch = 0;
  std::uint64_t offset = 0;
  RejectReason reason = RejectReason::not_json;
  std::uint64_t length = 0;
  std::array<std::uint8_t, 32> hash{};  // HMAC-SHA-256 under the deployment's secret
};

/// Why a partition's log is not, or not all, what the state counted on. The values are part of the stored
/// format: append only.
enum class GapKind : std::uint8_t {
  retention_overrun = 1,  // the log begins behind the position
  truncated = 2,          // the log ends before the position
  anchor_differs = 3,     // another record stands before the position: created anew, or truncated and regrown
  anchor_absent = 4,      // none does
  wrong_cluster = 5,      // the brokers are those of another cluster
  offset_jump = 6,        // offsets are missing between two records of a topic that is declared plain
};
std::string_view name_of(GapKind kind);

/// What became of it; append only as well.
enum class GapState : std::uint8_t {
  halted = 1,     // the partition waits for an operator
  continued = 2,  // counting went on behind it, as configured
  accepted = 3,   // counting went on where an operator said
  cleared = 4,    // the log was found whole again: nothing is missing
};
std::string_view name_of(GapState state);

/// One finding that a partition's log is not what the state counted on.
struct Gap {
  std::uint32_t partition = 0;
  std::uint32_t number = 0;  // of the partition, from 0
  GapKind kind = GapKind::retention_overrun;
  GapState state = GapState::halted;
  TimeNs found_at = kNoTime;       // wall clock
  TimeNs decided_at = kNoTime;     // wall clock; kNoTime: not yet
  std::uint32_t epoch = 0;         // in which it was found
  std::uint64_t first_offset = 0;  // [first_offset, position) was counted since the gap before
  std::uint64_t position = 0;
  std::optional<std::uint64_t> log_start, log_end;  // when it was found, where the brokers said
  std::optional<std::uint64_t> resumed_at;          // where counting went on
  /// Where the partition's clock stood: what is missing may be earlier by the lateness.
  TimeNs clock = kNoTime;
  /// What is missing is not later; kTimeMax: nothing has been read behind the gap yet.
  TimeNs until = kTimeMax;
  std::string note;  // the operator's
};

/// A counted id: the keyed fingerprint and where the partition's clock stood once it was counted.
struct SeenId {
  std::uint64_t fingerprint = 0;
  TimeNs clock = 0;
};

/// What identifies an incident; its id is derived from these (pipeline/alert/incident.h).
struct IncidentKey {
  std::string kind, policy, jurisdiction, agency, day;
  friend auto operator<=>(const IncidentKey&, const IncidentKey&) = default;
};

/// The counters of one incident: of one partition, or summed.
struct IncidentCounters {
  std::uint64_t count = 0;
  std::uint64_t photo = 0;
  std::array<std::uint64_t, kOutcomeCount> by_outcome{};
  std::array<std::uint64_t, kClassCount> by_class{};
  std::optional<Sighting> first, last;
  void add(const IncidentCounters& other);
};

/// One partition's part of an incident; absolute. `allowance`: uses that raise nothing (max_uses of an
/// exception).
struct IncidentPart {
  std::string id;  // 32 hex digits
  std::uint32_t partition = 0;
  IncidentKey key;
  std::uint64_t allowance = 0;
  TimeNs closes_at = kNoTime;  // clocks beyond this close it; kNoTime: never before the end of the input
  IncidentCounters counters;
};

/// A row of the durable log. `body` is the CloudEvent, fixed when made.
struct Notification {
  std::uint64_t sequence = 0;           // given by Store::commit, from 1, without holes
  std::string id;                       // 64 hex digits
  std::string incident;                 // 32 hex digits
  std::string milestone;                // opened, 10, 100, …, closed
  TimeNs time = 0;                      // when made: wall clock
  TimeNs newest_broker_time = kNoTime;  // of the record that made it; for the latency metric
  /// Event time of the incident's newest observation when this was made; kNoTime: it is about none.
  TimeNs newest_event_time = kNoTime;
  std::string body;
};

/// A version of policy or catalog in force since `activated_at` (kNoTime: for all time). Of several with the
/// same time only the last was ever in force.
struct StoredVersion {
  TimeNs activated_at = kNoTime;
  std::string digest;
};
enum class VersionKind : std::uint8_t { policy = 1, catalog = 2 };
struct NewVersion {
  VersionKind kind = VersionKind::policy;
  StoredVersion version;
  std::vector<std::string> files;  // policy: one; catalog: agencies, oris
};

/// Why an output is not given a notification. The values are part of the stored format: append only.
enum class Suppression : std::uint8_t {
  stale = 1,  // its newest observation was older than the output's max_age
};
std::string_view name_of(Suppression reason);

/// `count` notifications of the log from sequence `first` on that an output was not given, all for one
/// reason.
struct Suppressed {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  Suppression reason = Suppression::stale;
};

/// What became of the log at one output: of the notifications up to `cursor` each was delivered or is in
/// `suppressed`, those beyond it are pending. delivered + suppressed + pending = the log's size.
struct OutputStanding {
  std::string name;
  std::uint64_t cursor = 0;
  std::uint64_t delivered = 0;
  std::vector<Suppressed> suppressed;  // ascending; filled by Snapshot::outputs
};

/// One atomic, synced batch.
struct CommitBatch {
  std::vector<PartitionProgress> progress;
  std::vector<Gap> gaps;               // absolute, as progress is
  std::map<RowKey, std::string> runs;  // encoded: state/run.h
  std::vector<Evidence> evidence;
  std::vector<RejectRecord> rejects;
  std::map<std::uint32_t, std::vector<SeenId>> seen;    // appended, in order
  std::map<std::uint32_t, TimeNs> seen_expired_before;  // whole chunks whose last clock is older may go
  std::vector<IncidentPart> incidents;
  std::vector<std::string> incidents_closed;  // ids
  /// Ids whose parts go, before those of this batch come; their notifications stay.
  std::vector<std::string> incidents_moved;
  std::vector<NewVersion> new_versions;  // in order of activation
  std::vector<Notification> notifications;
  std::vector<std::pair<Dictionary, std::vector<std::string>>> new_names;  // in order of id
};

}  // namespace blockwatch
