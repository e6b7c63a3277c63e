// `blockwatch backup` and `blockwatch restore`: a copy of a state, made beside the running daemon, opened and
// checked before it gets its name.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/check_state.h"
#include "cli/commands.h"
#include "state/backup.h"
#include "state/checkpoint.h"
#include "state/lock.h"

namespace blockwatch {
namespace {

namespace fs = std::filesystem;

// A daemon looks for a request ten times a second; flushing its memtables takes a second or two on a slow
// disk.
constexpr std::chrono::seconds kPatience{60};

struct BackupOptions {
  std::string state_dir, to;
};
struct RestoreOptions {
  std::string from, state_dir;
};

struct Copied {
  CopiedState copied;
  CheckedState checked;
};

std::string summary_of(const Copied& done) {
  return fmt::format("{} records, {} files, {:.1f} MiB; {} comparisons found no difference",
                     done.checked.records, done.copied.files,
                     static_cast<double>(done.copied.bytes) / (1U << 20U), done.checked.compared);
}

Expected<Copied> make_backup(const BackupOptions& options) {
  std::error_code error;
  if (fs::exists(options.to, error))
    return fail(ExitCode::usage, options.to + " is already there; name a directory that is not");
  const std::string partial = options.to + ".partial";
  if (auto removed = remove_tree(partial); !removed) return tl::unexpected(removed.error());
  Copied done;
  {
    const auto still = StillState::take(options.state_dir, kPatience);
    if (!still) return tl::unexpected(still.error());
    const auto copied = copy_state((*still)->dir(), partial, {::geteuid(), ::getegid()});
    if (!copied) return tl::unexpected(copied.error());
    done.copied = *copied;
  }
  const auto checked = check_state(partial);
  if (!checked) return tl::unexpected(checked.error());
  done.checked = *checked;
  if (auto named = rename_durably(partial, options.to); !named) return tl::unexpected(named.error());
  return done;
}

int run_backup(const BackupOptions& options) {
  const auto done = make_backup(options);
  if (!done) return print_error(done.error());
  std::printf("%s: %s\n", options.to.c_str(), summary_of(*done).c_str());
  return 0;
}

/// The directory is there, belongs to whom it will, and holds nothing.
Expected<Owner> prepare_target(const std::string& dir, const std::string& partial) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return fail(ExitCode::temporary, "cannot create " + dir + ": " + error.message());
  if (auto removed = remove_tree(partial); !removed) return tl::unexpected(removed.error());
  const auto content = content_beside(dir, {kLockFile, "lost+found"});
  if (!content) return tl::unexpected(content.error());
  if (!content->empty())
    return fail(ExitCode::usage,
                "directory " + dir + " holds something (" + *content +
                    "); a backup is restored into an empty one: move the old state away first");
  return owner_of(dir);
}

Expected<Copied> restore(const RestoreOptions& options) {
  const std::string partial = options.state_dir + "/restore.partial";
  const auto owner = prepare_target(options.state_dir, partial);
  if (!owner) return tl::unexpected(owner.error());
  const std::string lock_file = options.state_dir + "/" + kLockFile;
  if (std::error_code error; !fs::exists(lock_file, error))
    if (auto made = write_file(lock_file, "", *owner); !made) return tl::unexpected(made.error());
  // No daemon begins a new state here meanwhile.
  const auto lock = DirectoryLock::take(options.state_dir, DirectoryLock::Mode::exclusive);
  if (!lock) return tl::unexpected(lock.error());
  Copied done;
  const auto copied = copy_backup(options.from, partial, *owner);
  if (!copied) return tl::unexpected(copied.error());
  done.copied = *copied;
  const auto checked = check_state(partial);
  if (!checked) return tl::unexpected(checked.error());
  done.checked = *checked;
  if (auto moved = move_database(partial, options.state_dir); !moved) return tl::unexpected(moved.error());
  return done;
}

int run_restore(const RestoreOptions& options) {
  const auto done = restore(options);
  if (!done) return print_error(done.error());
  std::printf("%s: %s. Start the daemon: it counts on from there.\n", options.state_dir.c_str(),
              summary_of(*done).c_str());
  return 0;
}

}  // namespace

void add_backup_commands(CLI::App& app, int& exit_code) {
  auto* backup = app.add_subcommand(
      "backup",
      "Copy a state, beside the running daemon or of a stopped one; opened and checked before it is there");
  auto words = std::make_shared<BackupOptions>();
  backup->add_option("--state-dir", words->state_dir, "The daemon's state.dir")->required()->type_name("DIR");
  backup->add_option("--to", words->to, "The backup: a directory that is not there yet")
      ->required()
      ->type_name("DIR");
  backup->callback([words, &exit_code] { exit_code = run_backup(*words); });

  auto* restore =
      app.add_subcommand("restore", "Make a state of a backup, checked against its digests and by fsck");
  auto options = std::make_shared<RestoreOptions>();
  restore->add_option("--from", options->from, "What blockwatch backup made")->required()->type_name("DIR");
  restore->add_option("--state-dir", options->state_dir, "An empty directory, or one that is not there yet")
      ->required()
      ->type_name("DIR");
  restore->callback([options, &exit_code] { exit_code = run_restore(*options); });
}

}  // namespace blockwatch
