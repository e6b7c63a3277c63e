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

/// Everything known of a partition; absolute values, so that writing them is idempotent.
struct PartitionProgress {
  std::uint32_t partition = 0;
  std::string topic;
  std::uint64_t first_offset = 0;
  std::uint64_t next_offset = 0;
  TimeNs clock = kNoTime;    // the greatest event time counted
  TimeNs oldest = kTimeMax;  // the least event time counted; kTimeMax: none yet
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

/// One record per (observation, policy) with a verdict other than none or shadow. No personal data.
struct Evidence {
  std::uint32_t partition = 0;
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

/// Rejects are kept in this order.
struct RejectPosition {
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
};

struct RejectRecord {
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  RejectReason reason = RejectReason::not_json;
  std::uint64_t length = 0;
  std::array<std::uint8_t, 32> hash{};  // HMAC-SHA-256 under the deployment's secret
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
