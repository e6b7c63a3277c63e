// Readers: a view of one moment over a RocksDB snapshot.
#include <utility>

#include "base/check.h"
#include "base/end_process.h"
#include "state/codec.h"
#include "state/evidence_chunk.h"
#include "state/failure.h"
#include "state/run.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

class DatabaseSnapshot final : public Snapshot {
 public:
  explicit DatabaseSnapshot(const Database& db) : db_(db) { options_.snapshot = db.rocks().GetSnapshot(); }
  ~DatabaseSnapshot() override { db_.rocks().ReleaseSnapshot(options_.snapshot); }
  DatabaseSnapshot(const DatabaseSnapshot&) = delete;
  DatabaseSnapshot& operator=(const DatabaseSnapshot&) = delete;

  std::vector<PartitionProgress> partitions() const override {
    return rows_with_key_part<PartitionProgress>(progress_range(), "the progress of a partition",
                                                 progress_partition_of, &PartitionProgress::partition);
  }

  void read_cells(
      Cube cube, Granularity granularity, std::int64_t from, std::int64_t to,
      const std::function<void(const BucketKey&, std::span<const CellCount>)>& visit) const override {
    if (from >= to) return;
    const RowKey first = row_of({0, cube, granularity, from});
    const RowKey last = row_of({0, cube, granularity, to - 1});
    Piece piece;
    for (const PartitionProgress& p : partitions())
      for_each_row(counter_range(p.partition, cube, granularity, first.number, last.number + 1),
                   "a run of counters", [&](std::string_view key, std::string_view value) {
                     const auto place = counter_key_of(key);
                     return place && read_row(place->row, value, piece,
                                              [&](const BucketKey& bucket, std::span<const CellCount> cells) {
                                                if (bucket.number >= from && bucket.number < to)
                                                  visit(bucket, cells);
                                              });
                   });
  }

  std::vector<std::string> names(Dictionary dictionary) const override {
    std::vector<std::string> out;
    for_each_row(name_range(dictionary), "a dictionary", [&](std::string_view key, std::string_view value) {
      const bool ok = name_id_of(key) == out.size();
      out.emplace_back(value);
      return ok;
    });
    return out;
  }

  std::vector<StoredVersion> versions(VersionKind kind) const override {
    std::vector<StoredVersion> out;
    for_each_row(version_range(kind), "a version of policy or catalog",
                 [&](std::string_view, std::string_view value) { return decode(value, out.emplace_back()); });
    return out;
  }

  std::vector<std::string> version_files(VersionKind kind, std::size_t index) const override {
    const auto bytes = db_.read(options_, version_files_key(kind, static_cast<std::uint32_t>(index)));
    if (!bytes) end_process(bytes.error());
    auto files = *bytes ? decode_files(**bytes) : std::nullopt;
    if (!files) end_process(damaged("the files of a version of policy or catalog"));
    return std::move(*files);
  }

  std::vector<IncidentSummary> incidents(std::string_view from_day, std::string_view to_day) const override {
    std::vector<IncidentSummary> out;
    for_each_row(incident_day_range(from_day, to_day), "an incident",
                 [&](std::string_view key, std::string_view value) {
                   auto row = incident_row_of(key);
                   if (!row) return false;
                   if (out.empty() || out.back().id != row->id || out.back().key.day != row->day) {
                     out.emplace_back().id = std::move(row->id);
                     out.back().key.day = row->day;
                   }
                   if (row->closed) {
                     out.back().closed = true;
                     return true;
                   }
                   IncidentPart part;
                   if (!decode(value, part)) return false;
                   part.key.day = std::move(row->day);
                   add(part, out.back());
                   return true;
                 });
    return out;
  }

  std::optional<IncidentSummary> incident(std::string_view id) const override {
    const auto bytes = incident_id_bytes(id);
    if (!bytes) return std::nullopt;
    const auto day = db_.read(options_, incident_day_key(*bytes));
    if (!day) end_process(day.error());
    if (!*day) return std::nullopt;
    IncidentSummary out;
    out.id = id;
    const auto parts = read_incident_parts(db_, options_, **day, *bytes, &out.closed);
    if (!parts) end_process(parts.error());
    for (const IncidentPart& part : *parts) add(part, out);
    return out;
  }

  std::vector<NotificationMark> notifications_of(std::string_view incident) const override {
    const auto bytes = incident_id_bytes(incident);
    if (!bytes) return {};
    return rows_with_key_part<NotificationMark>(mark_range(*bytes), "the notifications of an incident",
                                                mark_sequence_of, &NotificationMark::sequence);
  }

  std::vector<OutputStanding> outputs() const override {
    std::vector<OutputStanding> out;
    for_each_row(cursor_range(), "the cursor of an output",
                 [&](std::string_view key, std::string_view value) {
                   const auto name = cursor_output_of(key);
                   OutputStanding& output = out.emplace_back();
                   output.name = name.value_or("");
                   return name && decode(value, output);
                 });
    for (OutputStanding& output : out)
      for_each_row(suppressed_range(output.name), "what an output was not given",
                   [&](std::string_view key, std::string_view value) {
                     const auto first = suppressed_sequence_of(key, output.name);
                     Suppressed& suppressed = output.suppressed.emplace_back();
                     suppressed.first = first.value_or(0);
                     return first && decode(value, suppressed);
                   });
    return out;
  }

  std::vector<Gap> gaps() const override {
    std::vector<Gap> out;
    for_each_row(gap_range(), "a gap", [&](std::string_view key, std::string_view value) {
      return read_gap_key(key, out.emplace_back()) && decode(value, out.back());
    });
    return out;
  }

  std::vector<Rollback> rollbacks() const override {
    std::vector<Rollback> out;
    for_each_row(rollback_range(), "a rollback",
                 [&](std::string_view, std::string_view value) { return decode(value, out.emplace_back()); });
    return out;
  }

  void for_each_reject(const RecordPlace& from,
                       const std::function<bool(const RejectRecord&)>& visit) const override {
    bool intact = true;
    const KeyRange range{reject_key(from), reject_range().to};
    const rocksdb::Status status =
        db_.scan(options_, range, [&](std::string_view key, std::string_view value) {
          const auto place = reject_place_of(key);
          RejectRecord r;
          intact = place && decode(value, r);
          if (intact)
            std::tie(r.partition, r.epoch, r.offset) =
                std::tie(place->partition, place->epoch, place->offset);
          return intact && visit(r);
        });
    or_end(status, intact, "a reject");
  }

  void for_each_evidence(const std::function<void(const Evidence&)>& visit) const override {
    for_each_row(evidence_range(), "a chunk of evidence", [&](std::string_view key, std::string_view value) {
      const auto place = evidence_place_of(key);
      return place && decode_evidence(*place, value, visit);
    });
  }

  std::optional<TimeNs> as_of() const override {
    const auto bytes = db_.read(options_, meta_key(kMetaAsOf));
    if (!bytes) end_process(bytes.error());
    if (!*bytes) return std::nullopt;
    const auto time = decode_time(**bytes);
    if (!time) end_process(damaged("the reference time"));
    return time;
  }

 private:
  /// Ends the process if a row cannot be read or `visit` says that it is damaged.
  template <class Visit>
  void for_each_row(const KeyRange& range, std::string_view what, Visit&& visit) const {
    bool intact = true;
    const rocksdb::Status status =
        db_.scan(options_, range,
                 [&](std::string_view key, std::string_view value) { return intact = visit(key, value); });
    or_end(status, intact, what);
  }

  static void or_end(const rocksdb::Status& status, bool intact, std::string_view what) {
    if (!status.ok()) end_process(error_of(status, "cannot read the state"));
    if (!intact) end_process(damaged(what));
  }

  /// Rows of which one member stands in the key, the others in the value.
  template <class Row, class KeyPart>
  std::vector<Row> rows_with_key_part(const KeyRange& range, std::string_view what,
                                      std::optional<KeyPart> (*key_part_of)(std::string_view),
                                      KeyPart Row::*member) const {
    std::vector<Row> rows;
    for_each_row(range, what, [&](std::string_view key, std::string_view value) {
      const auto key_part = key_part_of(key);
      if (!key_part) return false;
      rows.emplace_back().*member = *key_part;
      return decode(value, rows.back());
    });
    return rows;
  }

  static void add(const IncidentPart& part, IncidentSummary& out) {
    out.key = part.key;
    out.allowance = part.allowance;
    out.closes_at = part.closes_at;
    out.counters.add(part.counters);
  }

  const Database& db_;
  rocksdb::ReadOptions options_;
};

}  // namespace

std::unique_ptr<Snapshot> make_snapshot(const Database& db) {
  return std::make_unique<DatabaseSnapshot>(db);
}

}  // namespace blockwatch
