// Files that must be there after a power cut: copying, removing, renaming them, each made durable.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/error.h"

namespace blockwatch {

/// Whom files are given to.
struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

/// A directory's entries survive a power cut only once it is synced.
Expected<void> sync_directory(const std::string& dir);

/// Makes one with mode 0700, given to `owner`; its parent is there, and it is not.
Expected<void> make_directory(const std::string& dir, const Owner& owner);

/// What is in a directory and is called none of these; empty: there is nothing else.
Expected<std::string> content_beside(const std::string& dir,
                                     std::initializer_list<std::string_view> expected);

/// A file as it was copied.
struct CopiedFile {
  std::string name;  // without its folder
  std::uint64_t bytes = 0;
  std::string sha256;  // 64 hex digits, of what was read
};

/// Copies the files of `from`, which has no folders, into `to`, which it creates: mode 0600 and 0700, synced.
/// `wanted`: those with such a name. They are given to `owner`. By name. Exit 75: what the system refuses.
Expected<std::vector<CopiedFile>> copy_files(
    const std::string& from, const std::string& to, const Owner& owner,
    const std::function<bool(const std::string&)>& wanted = [](const std::string&) { return true; });

/// Writes a file whole, mode 0600, synced.
Expected<void> write_file(const std::string& path, const std::string& text, const Owner& owner);

/// Renames within one file system, and syncs the folder of `to`.
Expected<void> rename_durably(const std::string& from, const std::string& to);

/// With everything in it; nothing happens if it is not there.
Expected<void> remove_tree(const std::string& path);

/// Whom a directory belongs to.
Expected<Owner> owner_of(const std::string& dir);

}  // namespace blockwatch
