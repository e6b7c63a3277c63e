// `blockwatch gaps list|accept`: where a partition's log was not what was counted on, and how to go on.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/state_owner.h"
#include "pipeline/gap_decision.h"
#include "pipeline/gap_text.h"
#include "query/gaps.h"
#include "query/standing.h"

namespace blockwatch {
namespace {

struct GapsOptions {
  Place place;
  OutputFormat format = OutputFormat::table;
};

struct AcceptOptions {
  std::string state_dir, partition, resume, note;
};

int run_list(const GapsOptions& options) {
  const Question question{
      "/api/v1/gaps", {}, [](const Snapshot& s) -> Expected<std::string> { return gaps_json(s); }};
  return print_answer(ask(options.place, question), options.format, {gaps_text, gaps_csv});
}

Expected<PartitionProgress> find_partition(const std::vector<PartitionProgress>& partitions,
                                           const std::string& name) {
  std::string known;
  for (const PartitionProgress& p : partitions) {
    if (partition_name(p) == name) return p;
    known += (known.empty() ? "" : ", ") + partition_name(p);
  }
  return fail(ExitCode::usage, fmt::format("this state has no partition {} (it has {})", name,
                                           known.empty() ? "none" : known));
}

/// To write would create what is not there, and what another user writes the daemon could not open again.
Expected<std::unique_ptr<Store>> open_to_decide(const std::string& dir) {
  if (auto is_there = Store::open(dir, Store::Access::read); !is_there)
    return tl::unexpected(is_there.error());
  if (auto owned = check_is_owner(dir, "gaps accept"); !owned) return tl::unexpected(owned.error());
  return Store::open(dir, Store::Access::write);
}

Expected<Gap> accept(const AcceptOptions& options) {
  auto store = open_to_decide(options.state_dir);
  if (!store) return tl::unexpected(store.error());
  CommitBatch batch;
  {
    const auto snapshot = (*store)->snapshot();
    auto progress = find_partition(snapshot->partitions(), options.partition);
    if (!progress) return tl::unexpected(progress.error());
    const auto gaps = snapshot->gaps();
    const auto last = std::find_if(gaps.rbegin(), gaps.rend(),
                                   [&](const Gap& gap) { return gap.partition == progress->partition; });
    if (last == gaps.rend())
      return fail(ExitCode::usage, options.partition + " has no gap: there is nothing to decide");
    Gap gap = *last;
    if (auto done = accept_gap(gap, *progress, options.resume, options.note, wall_clock_now()); !done)
      return tl::unexpected(done.error());
    batch.gaps.push_back(std::move(gap));
    batch.progress.push_back(std::move(*progress));
  }
  if (auto done = (*store)->commit(batch); !done) return tl::unexpected(done.error());
  return batch.gaps.front();
}

int run_accept(const AcceptOptions& options) {
  const auto gap = accept(options);
  if (!gap) return print_error(gap.error());
  std::printf(
      "%s: %s. Start the daemon again; reports that the gap touches say that they are not complete.\n",
      options.partition.c_str(), sentence_of(*gap).c_str());
  return 0;
}

}  // namespace

void add_gaps_command(CLI::App& app, int& exit_code) {
  auto* gaps = app.add_subcommand("gaps", "Where a partition's log was not what was counted on");
  gaps->require_subcommand(1);

  auto* list = gaps->add_subcommand("list", "Every gap: what is missing, since when, and what became of it");
  auto options = std::make_shared<GapsOptions>();
  add_place_options(*list, options->place);
  add_format_option(*list, options->format);
  list->callback([options, &exit_code] { exit_code = run_list(*options); });

  auto* accept = gaps->add_subcommand(
      "accept", "Decide where a halted partition goes on; the daemon must be stopped. It is recorded");
  auto words = std::make_shared<AcceptOptions>();
  accept->add_option("partition", words->partition, "The partition, such as nlets.queries/0")
      ->required()
      ->type_name("TOPIC/PARTITION");
  accept->add_option("--state-dir", words->state_dir, "The daemon's state.dir")->required()->type_name("DIR");
  accept
      ->add_option("--resume", words->resume,
                   "start or end of the log as it was found, or an offset; after a retention overrun: start")
      ->type_name("WHERE");
  accept->add_option("--note", words->note, "Why; kept with the gap")->type_name("TEXT");
  accept->callback([words, &exit_code] { exit_code = run_accept(*words); });
}

}  // namespace blockwatch
