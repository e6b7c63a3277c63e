#include "state/rollback.h"

#include <utility>

#include "state/bytes.h"
#include "state/codec.h"
#include "state/durable_files.h"
#include "state/failure.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

Error only_a_backup_helps(const Error& why) {
  return {why.code, "cannot go back to a point before the damage: " + why.message};
}

/// A copy of the write-ahead log as it was found: RocksDB deletes what it gives up.
Expected<void> keep_log(const std::string& dir, TimeNs now) {
  const std::string kept = dir + "/rolled-back-" + format_time(now);
  const std::string gathered = kept + ".partial";
  if (auto removed = remove_tree(gathered); !removed) return removed;
  auto owner = owner_of(dir);
  if (!owner) return tl::unexpected(owner.error());
  const auto is_log = [](const std::string& name) { return name.ends_with(".log"); };
  if (auto copied = copy_files(database_dir(dir), gathered, *owner, is_log); !copied)
    return tl::unexpected(copied.error());
  return rename_durably(gathered, kept);
}

Expected<Rollback> position_of(const Database& db, TimeNs now) {
  Rollback out;
  out.at = now;
  bool intact = true;
  const rocksdb::Status status =
      db.scan(rocksdb::ReadOptions(), progress_range(), [&](std::string_view key, std::string_view value) {
        PartitionProgress p;
        const auto partition = progress_partition_of(key);
        intact = partition && decode(value, p);
        if (intact) out.positions.push_back({*partition, p.epoch, p.next_offset});
        return intact;
      });
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  if (!intact) return tl::unexpected(damaged("the progress of a partition"));
  return out;
}

Expected<void> record(Database& db, const Rollback& rollback) {
  const auto last = db.last_row(rollback_range());
  if (!last) return tl::unexpected(last.error());
  const auto number = *last ? rollback_number_of((*last)->first) : std::nullopt;
  Batch batch(db);
  batch.put(rollback_key(number ? *number + 1 : 0), encode(rollback));
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = db.write(options, batch.rocks());
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot record the rollback"));
  return {};
}

/// The format says whether the damage is one that this program may judge.
Expected<void> check_format(const Database& db, const Error& found) {
  const auto bytes = db.read(rocksdb::ReadOptions(), meta_key(kMetaFormat));
  if (!bytes) return tl::unexpected(bytes.error());
  if (*bytes && decode_number(**bytes) == kFormatVersion) return {};
  return tl::unexpected(found);
}

}  // namespace

std::string encode(const Rollback& rollback) {
  std::string out;
  put_time(out, rollback.at);
  put_varint(out, rollback.positions.size());
  for (const Rollback::Position& p : rollback.positions)
    for (const std::uint64_t n : {std::uint64_t{p.partition}, std::uint64_t{p.epoch}, p.next_offset})
      put_varint(out, n);
  return out;
}

bool decode(std::string_view bytes, Rollback& out) {
  ByteReader in(bytes);
  out.at = in.time();
  out.positions.clear();
  for (std::uint64_t left = in.varint(); left > 0 && !in.bad(); --left) {
    Rollback::Position& p = out.positions.emplace_back();
    p.partition = in.varint32();
    p.epoch = in.varint32();
    p.next_offset = in.varint();
  }
  return in.complete();
}

Expected<std::optional<Rollback>> roll_back(const std::string& dir, TimeNs now) {
  Error found;
  if (const auto store = Store::open(dir, Store::Access::write); store)
    return std::nullopt;
  else
    found = store.error();
  if (found.code != ExitCode::state_damaged) return tl::unexpected(found);
  const auto lock = DirectoryLock::take(dir, DirectoryLock::Mode::exclusive);
  if (!lock) return tl::unexpected(lock.error());
  if (auto kept = keep_log(dir, now); !kept) return tl::unexpected(kept.error());
  auto db = Database::open(database_dir(dir), Database::Opening::to_roll_back, {});
  if (!db) return tl::unexpected(only_a_backup_helps(db.error()));
  if (auto known = check_format(**db, found); !known) return tl::unexpected(known.error());
  auto rollback = position_of(**db, now);
  if (!rollback) return tl::unexpected(only_a_backup_helps(rollback.error()));
  if (auto done = record(**db, *rollback); !done) return tl::unexpected(done.error());
  return std::move(*rollback);
}

}  // namespace blockwatch
