#include "state/backup.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <vector>

#include "state/lock.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

constexpr const char* kFolderInList = "db/";

std::string digests_of(const std::vector<CopiedFile>& files) {
  std::string out;
  for (const CopiedFile& file : files) out += file.sha256 + "  " + kFolderInList + file.name + '\n';
  return out;
}

/// By name; empty: there is no such list.
std::map<std::string, std::string> read_digests(const std::string& dir) {
  std::map<std::string, std::string> out;
  std::ifstream in(dir + "/" + kDigestFile);
  for (std::string digest, name; in >> digest >> name;)
    if (name.starts_with(kFolderInList)) out[name.substr(std::string(kFolderInList).size())] = digest;
  return out;
}

Expected<std::vector<CopiedFile>> copy_database(const std::string& from, const std::string& to,
                                                const Owner& owner) {
  if (auto made = make_directory(to, owner); !made) return tl::unexpected(made.error());
  auto files = copy_files(database_dir(from), database_dir(to), owner);
  if (!files) return files;
  if (auto made = write_file(to + "/" + kLockFile, "", owner); !made) return tl::unexpected(made.error());
  return files;
}

CopiedState sum_of(const std::vector<CopiedFile>& files) {
  CopiedState out;
  for (const CopiedFile& file : files) {
    ++out.files;
    out.bytes += file.bytes;
  }
  return out;
}

Error damaged_backup(const std::string& dir, const std::string& what) {
  return {ExitCode::state_damaged, "backup " + dir + " is damaged: " + what + "; take another one"};
}

Expected<void> compare(const std::string& dir, const std::map<std::string, std::string>& listed,
                       const std::vector<CopiedFile>& copied) {
  for (const CopiedFile& file : copied) {
    const auto at = listed.find(file.name);
    if (at == listed.end())
      return tl::unexpected(damaged_backup(dir, "db/" + file.name + " is not in its list"));
    if (at->second != file.sha256)
      return tl::unexpected(damaged_backup(dir, "db/" + file.name + " is not what was backed up"));
  }
  for (const auto& [name, digest] : listed) {
    if (std::none_of(copied.begin(), copied.end(),
                     [&, &wanted = name](const CopiedFile& file) { return file.name == wanted; }))
      return tl::unexpected(damaged_backup(dir, "db/" + name + " is missing"));
  }
  return {};
}

}  // namespace

Expected<CopiedState> copy_state(const std::string& from, const std::string& to, const Owner& owner) {
  const auto files = copy_database(from, to, owner);
  if (!files) return tl::unexpected(files.error());
  if (auto listed = write_file(to + "/" + kDigestFile, digests_of(*files), owner); !listed)
    return tl::unexpected(listed.error());
  if (auto synced = sync_directory(to); !synced) return tl::unexpected(synced.error());
  return sum_of(*files);
}

Expected<CopiedState> copy_backup(const std::string& from, const std::string& to, const Owner& owner) {
  const std::map<std::string, std::string> listed = read_digests(from);
  if (listed.empty())
    return fail(ExitCode::usage, "directory " + from + " is no backup: it has no list of digests (" +
                                     kDigestFile + "); name what blockwatch backup made");
  const auto files = copy_database(from, to, owner);
  if (!files) return tl::unexpected(files.error());
  if (auto same = compare(from, listed, *files); !same) return tl::unexpected(same.error());
  return sum_of(*files);
}

Expected<void> move_database(const std::string& from, const std::string& dir) {
  if (auto moved = rename_durably(database_dir(from), database_dir(dir)); !moved) return moved;
  return remove_tree(from);
}

}  // namespace blockwatch
