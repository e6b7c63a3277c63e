#include "state/row_check.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "state/codec.h"
#include "state/evidence_chunk.h"
#include "state/failure.h"
#include "state/rollback.h"
#include "state/run.h"
#include "state/seen_chunk.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

constexpr std::size_t kIdBytes = 16;

class RowWalk {
 public:
  RowWalk(const Database& db, const rocksdb::Snapshot* moment, RowCheck& out) : db_(db), out_(out) {
    options_.snapshot = moment;
    options_.fill_cache = false;
  }

  Expected<void> walk(Family family) {
    std::optional<Error> failed;
    const rocksdb::Status status =
        db_.scan_all(options_, family, [&](std::string_view key, std::string_view value) {
          if (auto checked = check(family, key, value); !checked) failed = checked.error();
          return !failed;
        });
    if (failed) return tl::unexpected(*failed);
    if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
    return {};
  }

  /// Once all families were walked.
  void finish() {
    if (out_.rows["log"] != out_.rows["mark"])
      out_.add_wrong("log: " + std::to_string(out_.rows["log"]) + " notifications, but " +
                     std::to_string(out_.rows["mark"]) + " marks of incidents");
    for (const std::string& output : suppressing_)
      if (!outputs_.contains(output))
        out_.add_wrong("suppressed: of output " + output + ", which has no cursor");
  }

 private:
  /// An error: the database cannot be read.
  Expected<void> check(Family family, std::string_view key, std::string_view value) {
    key_ = key;
    kind_ = "unknown";
    if (key.empty() || !is_kind(key.front())) {
      wrong("no kind of row that this program knows");
      return {};
    }
    // What family a counter belongs to stands in its key.
    const bool has_family = key.front() != 'C' || counter_key_of(key);
    if (has_family && family_of(key) != family) wrong("lies in another column family than its kind");
    return check_kind(key, value);
  }

  static bool is_kind(char c) {
    return std::string_view("MVFNPGCDERIJULAOSB").find(c) != std::string_view::npos;
  }

  Expected<void> check_kind(std::string_view key, std::string_view value) {
    switch (key.front()) {
      case 'M':
        return count("meta", decodes_meta(key.substr(1), value));
      case 'V':
        return numbered("version", 4, decodes<StoredVersion>(value) && version_index_of(key));
      case 'F':
        return numbered("files", 4, decode_files(value) && version_index_of(version_key_of_files(key)));
      case 'N':
        return numbered("name", 4, name_id_of(key).has_value());
      case 'P':
        return count("progress", progress_partition_of(key) && decodes<PartitionProgress>(value));
      case 'G': {
        Gap gap;
        return numbered("gap", 4, read_gap_key(key, gap) && decode(value, gap));
      }
      case 'B':
        return numbered("rollback", 4, rollback_number_of(key) && decodes<Rollback>(value));
      case 'C':
        return numbered("counters", 4, is_good_run(key, value));
      case 'D':
        return count("seen", is_good_chunk(key, value));
      case 'E':
        return count("evidence", is_good_evidence(key, value));
      case 'R':
        return count("reject", reject_place_of(key) && decodes<RejectRecord>(value));
      case 'I':
        return check_incident(key, value);
      case 'J':
        return check_day_of(key, value);
      case 'U':
        return check_unclosed(key, value);
      case 'L':
        return check_log(key, value);
      case 'A':
        return count("mark", mark_sequence_of(key) && decodes<NotificationMark>(value));
      case 'O': {
        const auto name = cursor_output_of(key);
        if (name) outputs_.emplace(*name);
        return count("cursor", name && decodes<OutputStanding>(value));
      }
      case 'S':
        return check_suppressed(key, value);
      default:
        BW_CHECK(false);
    }
  }

  template <class Value>
  static bool decodes(std::string_view bytes) {
    Value value;
    return decode(bytes, value);
  }

  static bool decodes_meta(std::string_view name, std::string_view value) {
    if (name == kMetaFormat) return decode_number(value) == kFormatVersion;
    if (name == kMetaIdentity) return decodes<StateIdentity>(value);
    return name == kMetaAsOf && decode_time(value).has_value();
  }

  static std::string version_key_of_files(std::string_view key) { return 'V' + std::string(key.substr(1)); }

  void wrong(std::string_view what) {
    out_.add_wrong(std::string(kind_) + ' ' + to_hex(key_) + ": " + std::string(what));
  }

  Expected<void> count(std::string_view kind, bool is_good) {
    kind_ = kind;
    ++out_.rows[std::string(kind)];
    if (!is_good) wrong("cannot be decoded");
    return {};
  }

  /// Rows that share all but the last `bytes` of their key are numbered there without holes.
  Expected<void> numbered(std::string_view kind, std::size_t bytes, bool is_good, std::uint64_t first = 0) {
    if (auto counted = count(kind, is_good); !counted || !is_good) return counted;
    ByteReader number(key_.substr(key_.size() - bytes));
    const std::uint64_t found = bytes == 4 ? number.be32() : number.be64();
    const std::string_view group = key_.substr(0, key_.size() - bytes);
    if (group != group_) {
      group_ = group;
      next_ = first;
    }
    if (found != next_) wrong("a row before it is missing: number " + std::to_string(next_));
    next_ = found + 1;
    return {};
  }

  static bool is_good_run(std::string_view key, std::string_view value) {
    const auto place = counter_key_of(key);
    if (!place) return false;
    RunReader reader(value);
    if (reader.damaged() || reader.kind() != kind_of(place->row)) return false;
    std::optional<Cell> last;
    while (reader.next()) {
      const CellCount& cell = reader.cell();
      if (cell.count == 0 || (last && !precedes(reader.kind(), *last, cell.cell))) return false;
      last = cell.cell;
    }
    return !reader.damaged();
  }

  bool is_good_chunk(std::string_view key, std::string_view value) {
    const auto chunk = seen_chunk_of(key);
    if (!chunk) return false;
    const std::string_view group = key.substr(0, key.size() - sizeof *chunk);
    TimeNs clock = group == group_ ? seen_clock_ : kNoTime;
    bool ascends = group != group_ || *chunk == next_;
    const bool decoded = decode_seen(value, [&](const SeenId& id) {
      ascends = ascends && id.clock >= clock;
      clock = id.clock;
    });
    group_ = group;
    next_ = *chunk + 1;
    seen_clock_ = clock;
    return decoded && ascends && seen_last_clock(value) == clock;
  }

  static bool is_good_evidence(std::string_view key, std::string_view value) {
    const auto place = evidence_place_of(key);
    std::uint64_t offset = place ? place->offset : 0;
    bool ascends = true;
    return place &&
           decode_evidence(*place, value,
                           [&](const Evidence& e) {
                             ascends = ascends && e.offset >= offset;
                             offset = e.offset;
                           }) &&
           ascends;
  }

  Expected<std::optional<std::string>> stored(const std::string& key) const {
    return db_.read(options_, key);
  }

  Expected<void> check_incident(std::string_view key, std::string_view value) {
    const auto row = incident_row_of(key);
    const bool is_good = row && (row->closed ? value.empty() : decodes<IncidentPart>(value));
    if (auto counted = count("incident", is_good); !counted || !is_good) return counted;
    if (row->id == incident_) return {};
    incident_ = row->id;
    const std::string id = *incident_id_bytes(row->id);
    const auto day = stored(incident_day_key(id));
    if (!day) return tl::unexpected(day.error());
    if (*day != row->day) wrong("is filed under another day than its own");
    const auto unclosed = stored(unclosed_key(id));
    if (!unclosed) return tl::unexpected(unclosed.error());
    // The mark of a closed incident is its first row.
    if (unclosed->has_value() == row->closed) wrong("is both open and closed, or neither");
    return {};
  }

  /// Whose incident has a row?
  Expected<bool> has_incident(std::string_view day, std::string_view id) {
    bool found = false;
    const rocksdb::Status status =
        db_.scan(options_, incident_range(day, id), [&](std::string_view, std::string_view) {
          found = true;
          return false;
        });
    if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
    return found;
  }

  Expected<void> check_day_of(std::string_view key, std::string_view value) {
    const bool is_good = key.size() == 1 + kIdBytes && value.size() == 10;
    if (auto counted = count("day of", is_good); !counted || !is_good) return counted;
    const auto found = has_incident(value, key.substr(1));
    if (!found) return tl::unexpected(found.error());
    if (!*found) wrong("names an incident that is not there");
    return {};
  }

  Expected<void> check_unclosed(std::string_view key, std::string_view value) {
    const auto id = unclosed_id_of(key);
    if (auto counted = count("unclosed", id.has_value()); !counted || !id) return counted;
    const auto day = stored(incident_day_key(*id));
    if (!day) return tl::unexpected(day.error());
    if (*day != value) wrong("names an incident that is not there");
    return {};
  }

  Expected<void> check_log(std::string_view key, std::string_view value) {
    const auto sequence = log_sequence_of(key);
    Notification n;
    const bool is_good = sequence && decode(value, n);
    if (auto counted = numbered("log", 8, is_good, 1); !counted || !is_good) return counted;
    const auto incident = incident_id_bytes(n.incident);
    if (!incident) {
      wrong("names no incident");
      return {};
    }
    const auto bytes = stored(mark_key(*incident, *sequence));
    if (!bytes) return tl::unexpected(bytes.error());
    NotificationMark mark;
    if (!*bytes || !decode(**bytes, mark) || mark.milestone != n.milestone || mark.time != n.time)
      wrong("its incident's mark is missing or says something else");
    return {};
  }

  Expected<void> check_suppressed(std::string_view key, std::string_view value) {
    const std::size_t end = key.find('\0');
    const bool is_good = end != std::string_view::npos &&
                         suppressed_sequence_of(key, key.substr(1, end - 1)) && decodes<Suppressed>(value);
    if (is_good) suppressing_.emplace(key.substr(1, end - 1));
    return count("suppressed", is_good);
  }

  const Database& db_;
  RowCheck& out_;
  rocksdb::ReadOptions options_;
  std::string_view key_, kind_;  // of the row that is being checked
  std::string group_;            // of the numbered row before it
  std::uint64_t next_ = 0;
  TimeNs seen_clock_ = kNoTime;
  std::string incident_;  // of the row before it
  std::set<std::string> outputs_, suppressing_;
};

}  // namespace

Expected<RowCheck> Store::check_rows() const {
  RowCheck out;
  rocksdb::ManagedSnapshot moment(&impl_->db->rocks());
  RowWalk walk(*impl_->db, moment.snapshot(), out);
  for (const Family family : {Family::base, Family::kept, Family::recent})
    if (auto done = walk.walk(family); !done) return tl::unexpected(done.error());
  walk.finish();
  return out;
}

}  // namespace blockwatch
