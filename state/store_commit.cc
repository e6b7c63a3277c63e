// Writing: one CommitBatch becomes one RocksDB batch.
#include <algorithm>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/failpoint.h"
#include "state/cell.h"
#include "state/codec.h"
#include "state/evidence_chunk.h"
#include "state/failure.h"
#include "state/seen_chunk.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

/// Chunks of seen ids are deleted once this much is over, so that it is not one deletion a commit.
constexpr TimeNs kSeenDeletionStep = kHour;

/// Some 100 KB.
constexpr std::size_t kEvidenceInChunk = 4'096;

DictionaryId name_limit(Dictionary dictionary) {
  switch (dictionary) {
    case Dictionary::agency:
      return kAgencyIdLimit;
    case Dictionary::channel:
      return kChannelIdLimit;
    case Dictionary::ori:
    case Dictionary::policy:
    case Dictionary::policy_digest:
      break;
  }
  return UINT32_MAX - 1;  // a cell holds the id of an ORI plus one
}

std::string id_bytes(std::string_view hex) {
  auto bytes = incident_id_bytes(hex);
  BW_CHECK(bytes.has_value());
  return std::move(*bytes);
}

}  // namespace

void Store::Impl::add_progress(const CommitBatch& in, Batch& out) {
  for (const PartitionProgress& p : in.progress) out.put(progress_key(p.partition), encode(p));
}

void Store::Impl::add_gaps(const CommitBatch& in, Batch& out) {
  for (const Gap& gap : in.gaps) out.put(gap_key(gap.partition, gap.number), encode(gap));
}

void Store::Impl::add_evidence(const CommitBatch& in, Batch& out) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<const Evidence*>> parts;
  for (const Evidence& e : in.evidence) parts[{e.partition, e.epoch}].push_back(&e);
  for (const auto& [part, pieces] : parts) {
    const std::span all(pieces);
    for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
      end = std::min(begin + kEvidenceInChunk, all.size());
      // Chunks are told apart by their first offset.
      while (end < all.size() && all[end]->offset == all[end - 1]->offset) ++end;
      out.put(evidence_key({part.first, part.second, all[begin]->offset}),
              encode_evidence(all.subspan(begin, end - begin)));
    }
  }
}

void Store::Impl::add_rejects(const CommitBatch& in, Batch& out) {
  for (const RejectRecord& r : in.rejects) out.put(reject_key({r.partition, r.epoch, r.offset}), encode(r));
}

Expected<SeenChunks*> Store::Impl::seen_of(std::uint32_t partition) {
  const auto [it, is_new] = seen.try_emplace(partition);
  if (!is_new) return &it->second;
  SeenChunks& chunks = it->second;
  const KeyRange range = seen_range(partition);
  std::optional<std::uint64_t> oldest;
  bool intact = true;
  const rocksdb::Status status =
      db->scan(rocksdb::ReadOptions(), range, [&](std::string_view key, std::string_view value) {
        oldest = seen_chunk_of(key);
        chunks.oldest_last_clock = seen_last_clock(value);
        intact = oldest && chunks.oldest_last_clock;
        return false;
      });
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  const auto last = db->last_row(range);
  if (!last) return tl::unexpected(last.error());
  const auto newest = *last ? seen_chunk_of((*last)->first) : std::nullopt;
  if (!intact || oldest.has_value() != newest.has_value()) return tl::unexpected(damaged("the seen ids"));
  if (newest) {
    chunks.oldest = *oldest;
    chunks.next = *newest + 1;
  }
  return &chunks;
}

Expected<void> Store::Impl::expire_seen(std::uint32_t partition, TimeNs before, Batch& out) {
  const auto found = seen_of(partition);
  if (!found) return tl::unexpected(found.error());
  SeenChunks& chunks = **found;
  if (!chunks.oldest_last_clock || saturating_add(*chunks.oldest_last_clock, kSeenDeletionStep) >= before)
    return {};
  const std::uint64_t first_gone = chunks.oldest;
  chunks.oldest = chunks.next;
  chunks.oldest_last_clock.reset();
  bool intact = true;
  const KeyRange range{seen_key(partition, first_gone), seen_range(partition).to};
  const rocksdb::Status status =
      db->scan(rocksdb::ReadOptions(), range, [&](std::string_view key, std::string_view value) {
        const auto chunk = seen_chunk_of(key);
        const auto clock = seen_last_clock(value);
        intact = chunk && clock;
        if (!intact || *clock < before) return intact;
        chunks.oldest = *chunk;
        chunks.oldest_last_clock = *clock;
        return false;
      });
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  if (!intact) return tl::unexpected(damaged("the seen ids"));
  out.erase({seen_key(partition, first_gone), seen_key(partition, chunks.oldest)});
  return {};
}

Expected<void> Store::Impl::add_seen(const CommitBatch& in, Batch& out) {
  for (const auto& [partition, before] : in.seen_expired_before)
    if (auto ok = expire_seen(partition, before, out); !ok) return ok;
  for (const auto& [partition, ids] : in.seen) {
    if (ids.empty()) continue;
    const auto found = seen_of(partition);
    if (!found) return tl::unexpected(found.error());
    SeenChunks& chunks = **found;
    if (!chunks.oldest_last_clock) chunks.oldest_last_clock = ids.back().clock;
    out.put(seen_key(partition, chunks.next++), encode_seen(ids));
  }
  return {};
}

Expected<void> Store::Impl::move_incidents(const CommitBatch& in, Batch& out) {
  for (const std::string& hex : in.incidents_moved) {
    const std::string id = id_bytes(hex);
    const auto day = db->read(rocksdb::ReadOptions(), incident_day_key(id));
    if (!day) return tl::unexpected(day.error());
    if (!*day) continue;  // counted since the last commit only
    out.erase(incident_range(**day, id));
    out.erase(incident_day_key(id));
    out.erase(unclosed_key(id));
  }
  return {};
}

Expected<void> Store::Impl::add_incidents(const CommitBatch& in, Batch& out) {
  std::map<std::string, std::string> days;  // of this batch's incidents, by id
  for (const IncidentPart& part : in.incidents) {
    const std::string id = id_bytes(part.id);
    out.put(incident_part_key(part.key.day, id, part.partition), encode(part));
    if (!days.emplace(id, part.key.day).second) continue;
    const auto known = db->read(rocksdb::ReadOptions(), incident_day_key(id));
    if (!known) return tl::unexpected(known.error());
    if (*known) continue;
    out.put(incident_day_key(id), part.key.day);
    out.put(unclosed_key(id), part.key.day);
  }
  for (const std::string& hex : in.incidents_closed) {
    const std::string id = id_bytes(hex);
    if (!days.contains(id)) {
      auto known = db->read(rocksdb::ReadOptions(), incident_day_key(id));
      if (!known) return tl::unexpected(known.error());
      BW_CHECK(known->has_value());
      days[id] = std::move(**known);
    }
    out.put(incident_closed_key(days[id], id), {});
    out.erase(unclosed_key(id));
  }
  return {};
}

void Store::Impl::add_notifications(CommitBatch& in, Batch& out) {
  std::uint64_t sequence = log_end;  // only this thread changes it
  for (Notification& n : in.notifications) {
    n.sequence = ++sequence;
    out.put(log_key(n.sequence), encode(n));
    out.put(mark_key(id_bytes(n.incident), n.sequence),
            encode(NotificationMark{n.milestone, n.sequence, n.time}));
  }
}

Expected<void> Store::Impl::add_names(const CommitBatch& in, Batch& out) {
  for (const auto& [dictionary, names] : in.new_names) {
    DictionaryId& next = name_count[static_cast<std::size_t>(dictionary)];
    for (const std::string& name : names) {
      if (next >= name_limit(dictionary))
        return fail(ExitCode::state_damaged,
                    "dictionary " + std::to_string(static_cast<int>(dictionary)) +
                        " is full: " + std::to_string(next) +
                        " names; start with another state directory, and look at what sends so "
                        "many different values");
      out.put(name_key(dictionary, next++), name);
    }
  }
  return {};
}

Expected<void> Store::Impl::add_versions(const CommitBatch& in, Batch& out) {
  std::map<VersionKind, std::uint32_t> next;
  for (const NewVersion& added : in.new_versions) {
    const auto [at, is_first] = next.try_emplace(added.kind, 0);
    if (is_first) {
      const auto last = db->last_row(version_range(added.kind));
      if (!last) return tl::unexpected(last.error());
      const auto newest = *last ? version_index_of((*last)->first) : std::nullopt;
      if (last->has_value() != newest.has_value()) return tl::unexpected(damaged("a version's key"));
      if (newest) at->second = *newest + 1;
    }
    out.put(version_key(added.kind, at->second), encode(added.version));
    out.put(version_files_key(added.kind, at->second++), encode_files(added.files));
  }
  return {};
}

Expected<void> Store::Impl::build(CommitBatch& in, Batch& out) {
  add_progress(in, out);
  add_gaps(in, out);
  if (auto ok = expire_rows(in, out); !ok) return ok;
  if (auto ok = add_runs(in, out); !ok) return ok;
  add_evidence(in, out);
  add_rejects(in, out);
  if (auto ok = add_seen(in, out); !ok) return ok;
  if (auto ok = move_incidents(in, out); !ok) return ok;
  if (auto ok = add_incidents(in, out); !ok) return ok;
  add_notifications(in, out);
  if (auto ok = add_versions(in, out); !ok) return ok;
  return add_names(in, out);
}

Expected<void> Store::Impl::write(Batch& batch, std::string_view doing) {
  if (failed) return fail(ExitCode::temporary, std::string(doing) + ": an earlier write failed");
  failed = true;  // until it has succeeded
  if (auto ok = space.wait_for(batch.bytes()); !ok) return ok;
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = db->write(options, batch.rocks());
  failed = !status.ok();
  if (status.ok()) return {};
  return tl::unexpected(error_of(status, std::string(doing) + " in " + dir));
}

Expected<void> Store::commit(CommitBatch& batch) {
  BW_CHECK(impl_->access == Access::write);
  failpoint("before_commit");
  Batch& out = *impl_->commit_batch;
  out.clear();
  if (auto ok = impl_->build(batch, out); !ok) {
    impl_->failed = true;
    return ok;
  }
  failpoint("commit_built");
  if (auto ok = impl_->write(out, "cannot commit"); !ok) return ok;
  failpoint("after_commit");
  if (!batch.notifications.empty()) {
    const std::lock_guard held(impl_->log_mutex);
    impl_->log_end = batch.notifications.back().sequence;
  }
  if (!batch.notifications.empty()) impl_->log_grew.notify_all();
  return {};
}

Expected<void> Store::set_as_of(TimeNs as_of) {
  Batch out(*impl_->db);
  out.put(meta_key(kMetaAsOf), encode_time(as_of));
  return impl_->write(out, "cannot store the reference time");
}

}  // namespace blockwatch
