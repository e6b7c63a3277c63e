// The scripted broker and subscriber behind the product's ports (pipeline/ports.h). What they do next comes
// from the seed; what they remember lies outside the process. Both also judge: a payload that is read after
// its poll reads as rubbish, a commit beyond what was handed over is a fault, and so is a second body under a
// sequence.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/ports.h"
#include "state/store.h"
#include "tests/simulation/plan.h"

namespace blockwatch::simulation {

class ScriptedSource final : public Source {
 public:
  /// `progress`: where the state stands, as the product's own source is told.
  ScriptedSource(const World& world, const Plan& plan, const ProcessPlan& process,
                 const std::vector<PartitionProgress>& progress, Outside& outside, Random random);

  const std::vector<std::uint32_t>& partitions() const override { return numbers_; }
  std::string cluster() const override { return "simulated"; }
  Expected<void> poll(std::chrono::milliseconds timeout, SourceBatch& batch) override;
  void committed(std::span<const PartitionProgress> progress) override;
  bool has_handed_over_everything() const;

 private:
  struct Partition {
    std::size_t next = 0;  // place in the log
    bool is_new = true;    // its beginning was not told
    std::optional<GapFound> gap{};
    bool was_counted = false;
    bool said_end = false;
  };

  void begin(std::uint32_t number, const PartitionProgress* progress);
  void overrun(std::uint32_t number, std::uint64_t position);
  void tell_beginnings(SourceBatch& batch);
  void produce();
  void hand_over(std::size_t records, SourceBatch& batch);
  void add(std::uint32_t number, SourceBatch& batch);
  void tell_ends(SourceBatch& batch);
  bool has_more(std::uint32_t number) const;
  void wait(std::chrono::milliseconds timeout);

  const World& world_;
  const Plan& plan_;
  const ProcessPlan& process_;
  Outside& outside_;
  Random random_;
  std::vector<std::uint32_t> numbers_;
  std::vector<Partition> partitions_;
  std::vector<std::string> payloads_;  // of the last poll
  std::uint64_t polls_ = 0;
};

/// `index`: of Outside::accepted. `reliable`: fails less.
std::unique_ptr<Output> make_scripted_output(std::size_t index, Outside& outside, Random random,
                                             bool reliable);
std::string output_name(std::size_t index);
/// Never 0.
std::uint64_t hash_of(const Notification& notification);

/// Whether the record before the partition's position is the one that its anchor says.
bool anchor_is_right(const World& world, const Plan& plan, const PartitionProgress& progress,
                     const SipKey& key);

}  // namespace blockwatch::simulation
