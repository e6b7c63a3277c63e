// A backup: a copy of a state that is a state directory itself, with the digests of its files.
//
//   DIR/db/          RocksDB
//   DIR/lock         empty
//   DIR/SHA256SUMS   of the files in db/, as sha256sum(1) writes and checks it
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "state/durable_files.h"

namespace blockwatch {

inline constexpr const char* kDigestFile = "SHA256SUMS";

struct CopiedState {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Makes `to`, which is not there, a backup of the state directory `from`, which nobody changes meanwhile.
Expected<CopiedState> copy_state(const std::string& from, const std::string& to, const Owner& owner);

/// Makes `to`, which is not there, a copy of the backup `from`. Exit 64: it is no backup; 65: a file is
/// missing, or is not what it was when the backup was made.
Expected<CopiedState> copy_backup(const std::string& from, const std::string& to, const Owner& owner);

/// Moves the database of the state directory `from` into `dir`, which has none, and removes the rest of
/// `from`. Both on one file system.
Expected<void> move_database(const std::string& from, const std::string& dir);

}  // namespace blockwatch
