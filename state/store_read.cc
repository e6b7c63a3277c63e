// What the worker reads back, the log, and the outputs' cursors.
#include <utility>

#include "base/check.h"
#include "base/end_process.h"
#include "state/codec.h"
#include "state/failure.h"
#include "state/seen_chunk.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

template <class T>
T or_end(Expected<T> result) {
  if (!result) end_process(result.error());
  return std::move(*result);
}

void or_end(const rocksdb::Status& status) {
  if (!status.ok()) end_process(error_of(status, "cannot read the state"));
}

}  // namespace

Expected<std::vector<IncidentPart>> read_incident_parts(const Database& db,
                                                        const rocksdb::ReadOptions& options,
                                                        std::string_view day, std::string_view id,
                                                        bool* closed) {
  std::vector<IncidentPart> parts;
  *closed = false;
  bool intact = true;
  const rocksdb::Status status =
      db.scan(options, incident_range(day, id), [&](std::string_view key, std::string_view value) {
        auto row = incident_row_of(key);
        if (!row) return intact = false;
        if (row->closed) return *closed = true;
        IncidentPart part;
        intact = decode(value, part);
        part.id = std::move(row->id);
        part.key.day = std::move(row->day);
        part.partition = row->partition;
        parts.push_back(std::move(part));
        return intact;
      });
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  if (!intact) return tl::unexpected(damaged("an incident of day " + std::string(day)));
  return parts;
}

Expected<void> Store::for_each_seen(std::uint32_t partition,
                                    const std::function<void(const SeenId&)>& visit) const {
  bool intact = true;
  const rocksdb::Status status = impl_->db->scan(
      rocksdb::ReadOptions(), seen_range(partition),
      [&](std::string_view, std::string_view value) { return intact = decode_seen(value, visit); });
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  if (!intact) return tl::unexpected(damaged("the seen ids of partition " + std::to_string(partition)));
  return {};
}

std::vector<IncidentPart> Store::incident_parts(std::string_view id, std::string_view day) const {
  const auto bytes = incident_id_bytes(id);
  BW_CHECK(bytes.has_value());
  bool closed = false;
  return or_end(read_incident_parts(*impl_->db, rocksdb::ReadOptions(), day, *bytes, &closed));
}

bool Store::incident_closed(std::string_view id, std::string_view day) const {
  const auto bytes = incident_id_bytes(id);
  BW_CHECK(bytes.has_value());
  return or_end(impl_->db->read(rocksdb::ReadOptions(), incident_closed_key(day, *bytes))).has_value();
}

std::vector<IncidentPart> Store::open_incident_parts() const {
  std::vector<IncidentPart> parts;
  or_end(impl_->db->scan(
      rocksdb::ReadOptions(), unclosed_range(), [&](std::string_view key, std::string_view day) {
        const auto id = unclosed_id_of(key);
        if (!id) end_process(damaged("the index of open incidents"));
        bool closed = false;
        for (IncidentPart& part :
             or_end(read_incident_parts(*impl_->db, rocksdb::ReadOptions(), day, *id, &closed)))
          parts.push_back(std::move(part));
        return true;
      }));
  return parts;
}

std::unique_ptr<Snapshot> Store::snapshot() const {
  return make_snapshot(*impl_->db);
}

std::vector<Notification> Store::read_log(std::uint64_t after, std::size_t max) const {
  std::vector<Notification> out;
  if (max == 0 || after == UINT64_MAX) return out;
  const KeyRange range{log_key(after + 1), log_range().to};
  or_end(impl_->db->scan(rocksdb::ReadOptions(), range, [&](std::string_view key, std::string_view value) {
    const auto sequence = log_sequence_of(key);
    Notification n;
    if (!sequence || !decode(value, n)) end_process(damaged("a notification of the log"));
    n.sequence = *sequence;
    out.push_back(std::move(n));
    return out.size() < max;
  }));
  return out;
}

std::optional<Notification> Store::notification(std::uint64_t sequence) const {
  if (sequence == 0) return std::nullopt;
  std::vector<Notification> found = read_log(sequence - 1, 1);
  if (found.empty() || found.front().sequence != sequence) return std::nullopt;
  return std::move(found.front());
}

std::uint64_t Store::wait_for_log(std::uint64_t after, std::chrono::milliseconds timeout) const {
  std::unique_lock held(impl_->log_mutex);
  impl_->log_grew.wait_for(held, timeout, [&] { return impl_->log_end > after; });
  return impl_->log_end;
}

std::uint64_t Store::log_end() const {
  const std::lock_guard held(impl_->log_mutex);
  return impl_->log_end;
}

OutputStanding Store::Impl::output(std::string_view name) const {
  OutputStanding out;
  const auto bytes = or_end(db->read(rocksdb::ReadOptions(), cursor_key(name)));
  if (bytes && !decode(*bytes, out)) end_process(damaged("the cursor of output " + std::string(name)));
  return out;
}

std::uint64_t Store::cursor(std::string_view output) const {
  return impl_->output(output).cursor;
}

Expected<void> Store::set_cursor(std::string_view output, std::uint64_t sequence,
                                 const std::vector<Suppressed>& suppressed) {
  OutputStanding standing = impl_->output(output);
  Batch batch(*impl_->db);
  std::uint64_t done = standing.cursor;
  for (const Suppressed& s : suppressed) {
    BW_CHECK(s.count > 0 && s.first > done && s.count <= sequence && s.first <= sequence - s.count + 1);
    standing.delivered += s.first - done - 1;
    done = s.first + s.count - 1;
    batch.put(suppressed_key(output, s.first), encode(s));
  }
  BW_CHECK(sequence >= done);
  standing.delivered += sequence - done;
  standing.cursor = sequence;
  batch.put(cursor_key(output), encode(standing));
  if (auto ok = impl_->space.wait_for(batch.bytes()); !ok) return ok;
  const rocksdb::Status status = impl_->db->write(rocksdb::WriteOptions(), batch.rocks());
  if (!status.ok())
    return tl::unexpected(error_of(status, "cannot store the cursor of output " + std::string(output)));
  return {};
}

std::optional<SpaceWait> Store::waits_for_space() const {
  return impl_->space.waiting();
}

void Store::give_up_waiting() {
  impl_->space.give_up();
}

bool Store::gave_up_waiting() const {
  return impl_->space.has_given_up();
}

std::optional<Error> Store::failure() const {
  return impl_->db->failure();
}

}  // namespace blockwatch
