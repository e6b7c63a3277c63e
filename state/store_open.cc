// Opening a state directory: what may be opened, by whom, and what a new one is given.
//
//   DIR/lock     state/lock.h
//   DIR/db/      RocksDB
#include <cstring>
#include <filesystem>
#include <vector>

#include <sys/stat.h>

#include "base/hash.h"
#include "state/codec.h"
#include "state/durable_files.h"
#include "state/failure.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kSpacePollInterval{500};

/// Of the directories that creating `dir` changes: its parent, and the parent of each one that is missing
/// too.
std::vector<fs::path> parents_to_sync(const fs::path& dir) {
  std::vector<fs::path> parents;
  std::error_code error;
  fs::path missing = fs::absolute(dir).lexically_normal();
  if (!missing.has_filename()) missing = missing.parent_path();  // a name that ends with a slash
  while (missing.has_relative_path() && !fs::exists(missing, error)) {
    missing = missing.parent_path();
    parents.push_back(missing);
  }
  return parents;
}

/// Without CURRENT RocksDB would begin anew and delete these. An interrupted first start leaves none.
Expected<void> check_for_lost_current(const std::string& dir) {
  std::error_code error;
  for (fs::directory_iterator it(database_dir(dir), error), end; !error && it != end; it.increment(error)) {
    const fs::path extension = it->path().extension();
    if (extension == ".sst" || extension == ".blob" || extension == ".log")
      return fail(ExitCode::state_damaged,
                  "state damaged: " + database_dir(dir) +
                      " holds tables but no file CURRENT; restore a backup of the state "
                      "directory, or name an empty one to count the input again");
  }
  return {};
}

/// A new state directory may hold nothing but what an interrupted first start leaves.
Expected<void> check_for_foreign_content(const std::string& dir) {
  std::error_code error;
  if (fs::exists(database_dir(dir) + "/CURRENT", error)) return {};
  const auto other = content_beside(dir, {kLockFile, "db", "lost+found"});
  if (!other) return tl::unexpected(other.error());
  if (!other->empty())
    return fail(ExitCode::bad_config, "state directory " + dir + " holds something else (" + *other +
                                          "); name an empty or a new directory in state.dir");
  return check_for_lost_current(dir);
}

Expected<void> prepare_for_writing(const std::string& dir) {
  // RocksDB's threads create files at any time, so this holds for the whole process from here on.
  ::umask(0077);
  std::error_code error;
  const std::vector<fs::path> parents = parents_to_sync(dir);
  const bool created = fs::create_directories(dir, error);
  if (error)
    return fail(ExitCode::temporary, "cannot create state directory " + dir + ": " + error.message() +
                                         "; create it, owned by the user that runs blockwatch");
  if (auto ok = check_for_foreign_content(dir); !ok) return ok;
  fs::create_directory(database_dir(dir), error);
  if (!error) fs::permissions(dir, fs::perms::owner_all, error);
  if (error)
    return fail(ExitCode::temporary, "cannot prepare state directory " + dir +
                                         " (mode 0700): " + error.message() +
                                         "; it must belong to the user that runs blockwatch");
  if (!created) return {};
  for (const fs::path& parent : parents)
    if (auto ok = sync_directory(parent.string()); !ok) return ok;
  return {};
}

Expected<void> check_for_reading(const std::string& dir) {
  std::error_code error;
  if (fs::exists(database_dir(dir) + "/CURRENT", error)) return {};
  if (error)
    return fail(ExitCode::usage,
                "cannot read state directory " + dir + ": " + error.message() +
                    "; run as the user that owns it, or ask a running daemon over HTTP (--url)");
  if (!fs::exists(dir, error))
    return fail(ExitCode::usage, "state directory " + dir + " does not exist; name the one in state.dir");
  if (auto ok = check_for_lost_current(dir); !ok) return ok;
  return fail(ExitCode::usage, "directory " + dir + " holds no blockwatch state; name the one in state.dir");
}

Expected<void> never_began(const std::string& dir) {
  return fail(ExitCode::state_damaged,
              "state directory " + dir +
                  " holds a database without blockwatch's format mark; it was not written "
                  "by blockwatch, or its first start never ended");
}

}  // namespace

Store::Impl::Impl(std::string directory, Access how, DirectoryLock held)
    : dir(std::move(directory)),
      access(how),
      lock(std::move(held)),
      space(
          dir, [this] { return free_bytes_of(dir); }, kSpacePollInterval) {}

Store::Impl::~Impl() = default;

Expected<void> Store::Impl::check_incomplete() const {
  std::error_code error;
  if (!fs::exists(database_dir(dir) + "/CURRENT", error)) return {};
  const auto format = Database::row_of_incomplete(database_dir(dir), meta_key(kMetaFormat));
  if (!format) return tl::unexpected(format.error());
  if (!*format) return {};
  if ((*format)->empty()) return access == Access::write ? Expected<void>() : never_began(dir);
  if (auto ok = check_format(**format); !ok) return ok;
  return tl::unexpected(damaged("the database, which lacks a column family"));
}

Expected<void> Store::Impl::open_database(const StateMemory& memory) {
  if (auto ok = check_incomplete(); !ok) return ok;
  if (access == Access::write) {
    if (auto enough = check_space(dir, "to open it; free some space, then start again"); !enough)
      return enough;
  }
  auto opened = Database::open(
      database_dir(dir), access == Access::write ? Database::Opening::to_write : Database::Opening::to_read,
      memory);
  if (!opened) return tl::unexpected(opened.error());
  db = std::move(*opened);
  if (access == Access::read) return {};
  runs = std::make_unique<RunIndex>(*db);
  commit_batch = std::make_unique<Batch>(*db);
  return {};
}

Expected<void> Store::Impl::create_meta() {
  const auto empty = db->empty();
  if (!empty) return tl::unexpected(empty.error());
  if (!*empty || access == Access::read) return never_began(dir);
  identity.instance = to_hex(random_bytes(8));
  identity.reject_secret = random_bytes(32);
  const std::string key = random_bytes(sizeof identity.fingerprint_key);
  std::memcpy(identity.fingerprint_key.data(), key.data(), key.size());
  Batch batch(*db);
  batch.put(meta_key(kMetaFormat), encode_number(kFormatVersion));
  batch.put(meta_key(kMetaIdentity), encode(identity));
  if (auto ok = write(batch, "cannot create the state"); !ok) return ok;
  return sync_directory(dir);
}

Expected<void> Store::Impl::check_format(std::string_view bytes) const {
  const auto version = decode_number(bytes);
  if (!version) return tl::unexpected(damaged("the format version"));
  if (*version == kFormatVersion) return {};
  return fail(ExitCode::state_damaged, "state directory " + dir + " was written by " +
                                           (*version > kFormatVersion ? "a newer" : "an older") +
                                           " blockwatch, format " + std::to_string(*version) +
                                           "; this one knows format " + std::to_string(kFormatVersion) +
                                           ": run that blockwatch, or name another state directory");
}

Expected<void> Store::Impl::read_meta() {
  const auto format = db->read(rocksdb::ReadOptions(), meta_key(kMetaFormat));
  if (!format) return tl::unexpected(format.error());
  if (!*format) return create_meta();
  if (auto ok = check_format(**format); !ok) return ok;
  const auto bytes = db->read(rocksdb::ReadOptions(), meta_key(kMetaIdentity));
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes || !decode(**bytes, identity)) return tl::unexpected(damaged("the identity"));
  return {};
}

Expected<void> Store::Impl::count_rows() {
  const auto last_log = db->last_row(log_range());
  if (!last_log) return tl::unexpected(last_log.error());
  if (*last_log) {
    const auto sequence = log_sequence_of((*last_log)->first);
    if (!sequence) return tl::unexpected(damaged("the end of the log"));
    log_end = *sequence;
  }
  for (std::size_t d = 1; d <= kDictionaryCount; ++d) {
    const auto last = db->last_row(name_range(static_cast<Dictionary>(d)));
    if (!last) return tl::unexpected(last.error());
    if (!*last) continue;
    const auto id = name_id_of((*last)->first);
    if (!id) return tl::unexpected(damaged("a dictionary's key"));
    name_count[d] = *id + 1;
  }
  return {};
}

Expected<std::unique_ptr<Store>> Store::open(const std::string& dir, Access access,
                                             const StateMemory& memory) {
  const bool writes = access == Access::write;
  if (auto ok = writes ? prepare_for_writing(dir) : check_for_reading(dir); !ok)
    return tl::unexpected(ok.error());
  auto lock = DirectoryLock::take(dir, writes ? DirectoryLock::Mode::exclusive : DirectoryLock::Mode::shared);
  if (!lock) return tl::unexpected(lock.error());
  std::unique_ptr<Store> store(new Store);
  store->impl_ = std::make_unique<Impl>(dir, access, std::move(*lock));
  if (auto ok = store->impl_->open_database(memory); !ok) return tl::unexpected(ok.error());
  if (auto ok = store->impl_->read_meta(); !ok) return tl::unexpected(ok.error());
  if (auto ok = store->impl_->count_rows(); !ok) return tl::unexpected(ok.error());
  return store;
}

Store::Store() = default;
Store::~Store() = default;

StateMemory Store::memory_used() const {
  return impl_->db->memory_used();
}

const StateIdentity& Store::identity() const {
  return impl_->identity;
}

}  // namespace blockwatch
