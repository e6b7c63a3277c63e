// How a backup gets a state that a daemon is writing: it asks for a checkpoint through files in the state
// directory. Who may write there may ask; nobody else can.
//
//   DIR/checkpoint.wanted    made by the backup; the daemon takes it away and makes one of
//   DIR/checkpoint/          the state of that moment, a state directory of its own
//   DIR/checkpoint.failed    why there is none, in one line
//
// The backup holds a flock on DIR while it works, so there is one at a time, and whatever lies there without
// a lock is left over.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/error.h"
#include "state/store.h"

namespace blockwatch {

// ---- the daemon's side; thread: any, one

/// Takes away what a backup left over that ended early. Call before the first serve_checkpoint.
void clear_checkpoint(const std::string& dir);
/// Makes a checkpoint if one is wanted: looks for one file, and takes as long as RocksDB needs to flush
/// its memtables if it is there. What goes wrong is told to who asked, and logged.
void serve_checkpoint(const Store& store, const std::string& dir);

// ---- the backup's side

/// A state that nobody changes while this lives: one that no daemon holds, under its lock, or a checkpoint,
/// which is removed at the end.
class StillState {
 public:
  /// Errors: what opening the state refuses; exit 75 where a daemon holds it and makes no checkpoint within
  /// `patience`, or where another backup is being made.
  static Expected<std::unique_ptr<StillState>> take(const std::string& dir, std::chrono::seconds patience);
  ~StillState();
  StillState(const StillState&) = delete;
  StillState& operator=(const StillState&) = delete;

  /// A state directory.
  const std::string& dir() const { return dir_; }

 private:
  StillState() = default;
  Expected<void> ask_daemon(const std::string& dir, std::chrono::seconds patience);

  std::string dir_;
  std::unique_ptr<Store> store_;  // of a state that no daemon holds
  std::string asked_;             // the directory of the daemon that was asked, and the lock on it
  int lock_ = -1;
};

}  // namespace blockwatch
