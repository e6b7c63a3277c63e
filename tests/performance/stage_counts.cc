// The product's own worker over a file of records, so that callgrind can count what an event costs. Unlike
// `blockwatch replay` it commits after a given number of records, and it tells callgrind when to count: not
// while it starts, not during the first records, not at the end.
//
// stage_counts CONFIG INPUT AS_OF RECORDS_PER_COMMIT WARM_UP_COMMITS COUNTED_COMMITS
//
// To be run as `valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=FILE`: FILE.1 is the
// profile of the counted commits.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <valgrind/callgrind.h>

#include "base/log.h"
#include "config/load.h"
#include "daemon/parts.h"
#include "daemon/versions.h"
#include "pipeline/worker.h"

namespace blockwatch {
namespace {

struct Words {
  std::string config, input;
  TimeNs as_of = kNoTime;
  std::uint64_t records_per_commit = 0, warm_up_commits = 0, counted_commits = 0;
};

/// The records of a file on partition 0, as many a poll as go into one commit. The worker commits when a
/// poll finds nothing, so nothing comes until all of them are committed.
class CountedSource final : public Source {
 public:
  CountedSource(std::vector<std::string> lines, const Words& words, const WorkerStatus& status,
                std::atomic<bool>& stop)
      : lines_(std::move(lines)), words_(words), status_(status), stop_(stop) {}

  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
  void committed(std::span<const PartitionProgress>) override {}

  Expected<void> poll(std::chrono::milliseconds, SourceBatch& batch) override {
    batch.clear();
    if (status_.records < delivered_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return {};
    }
    begin_or_end(delivered_ / words_.records_per_commit);
    if (stop_) return {};
    for (std::uint64_t n = 0; n < words_.records_per_commit; ++n, ++delivered_)
      batch.records.push_back({0, delivered_, words_.as_of, lines_[delivered_]});
    return {};
  }

 private:
  /// Everything delivered so far is committed.
  void begin_or_end(std::uint64_t commits) {
    if (commits == 0) CALLGRIND_START_INSTRUMENTATION;
    if (commits == words_.warm_up_commits) CALLGRIND_ZERO_STATS;
    if (commits == words_.warm_up_commits + words_.counted_commits) {
      CALLGRIND_DUMP_STATS;
      CALLGRIND_STOP_INSTRUMENTATION;
      stop_ = true;
    }
  }

  const std::vector<std::string> lines_;
  const std::vector<std::uint32_t> partitions_{0};
  const Words& words_;
  const WorkerStatus& status_;
  std::atomic<bool>& stop_;
  std::uint64_t delivered_ = 0;
};

Expected<std::vector<std::string>> read_lines(const Words& words) {
  std::vector<std::string> lines(words.records_per_commit * (words.warm_up_commits + words.counted_commits));
  std::ifstream file(words.input);
  for (std::string& line : lines) {
    if (!std::getline(file, line)) return fail(ExitCode::usage, words.input + ": too few records");
  }
  return lines;
}

Expected<void> count(const Words& words) {
  Diagnostics diagnostics;
  const auto configuration = load_configuration(words.config, diagnostics);
  if (!configuration) return fail(ExitCode::bad_config, words.config + ": see blockwatch check-config");
  const Settings& settings = configuration->settings();
  auto store = open_state(*configuration);
  if (!store) return tl::unexpected(store.error());
  auto versions = adopt_versions(**store, *configuration);
  if (!versions) return tl::unexpected(versions.error());
  auto lines = read_lines(words);
  if (!lines) return tl::unexpected(lines.error());
  Activations activations;
  Telemetry telemetry;
  WorkerStatus status;
  std::atomic<bool> stop{false};
  CountedSource source(std::move(*lines), words, status, stop);
  Worker worker(**store, source, std::move(versions->history), activations, worker_options(settings, true),
                telemetry, status);
  return worker.run(stop);
}

int run(const std::vector<std::string>& words) {
  const auto as_of = words.size() == 6 ? parse_date(words[2]) : std::nullopt;
  if (!as_of) {
    std::fputs("stage_counts CONFIG INPUT AS_OF RECORDS_PER_COMMIT WARM_UP_COMMITS COUNTED_COMMITS\n",
               stderr);
    return static_cast<int>(ExitCode::usage);
  }
  log::configure(log::Level::warning, log::Format::json);
  const auto done = count(
      {words[0], words[1], *as_of, std::stoull(words[3]), std::stoull(words[4]), std::stoull(words[5])});
  if (done) return 0;
  std::fprintf(stderr, "stage_counts: %s\n", done.error().message.c_str());
  return static_cast<int>(done.error().code);
}

}  // namespace
}  // namespace blockwatch

int main(int argc, char** argv) {
  return blockwatch::run(std::vector<std::string>(argv + 1, argv + argc));
}
