// The incidents that are being counted: adds observations, and turns what a commit reached into
// notifications.
//
// Counters are kept per partition and as their sum; the store holds the parts. Nothing here is durable by
// itself: take() moves every change into the commit batch, notifications included, before anything is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/domain.h"
#include "base/ori.h"
#include "pipeline/alert/incident.h"
#include "pipeline/names.h"
#include "state/store.h"

namespace blockwatch {

/// An incident by small ids; `day` = number of the UTC day. kNoPart = an empty part.
struct IncidentSlot {
  static constexpr std::uint32_t kNoPart = 0xFFFFFFFF;
  IncidentKind kind = IncidentKind::block_leak;
  std::uint32_t policy = kNoPart;  // dictionary id of the policy, or of ID#REFERENCE
  std::uint32_t jurisdiction = kNoPart;
  std::uint32_t agency = kNoPart;  // dictionary id
  std::int64_t day = 0;
  friend bool operator==(const IncidentSlot&, const IncidentSlot&) = default;
};

/// What is the same for all of an incident.
struct IncidentLimits {
  std::uint64_t allowance = 0;  // uses that raise nothing
  TimeNs closes_at = kNoTime;   // kNoTime: only the end of the input closes it
};

/// What an observation (or a message, for the kinds about the asker) adds to an incident.
struct IncidentAddition {
  IncidentSlot slot;
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  TimeNs time = 0;
  TimeNs broker_time = kNoTime;
  Ori ori;
  Outcome outcome = Outcome::unknown;
  Class cls = Class::other;
  bool photo = false;
  IncidentLimits limits;
};

/// Owned by the Applier; the worker's thread. Of each incident that is not closed it keeps id and time of
/// closing (160 bytes); the others' counters, as long as they fit into a bound: what does not is forgotten
/// with a commit and read from the store again when it counts on.
class IncidentBook {
 public:
  /// `authority_of` finds a policy's authority by its id; `settle` returns once every batch that was taken is
  /// durable. It is called only for an incident that was forgotten with the last of them. `bytes_max`: of
  /// counters that are kept from commit to commit.
  IncidentBook(Store& store, Names& names, std::string topic,
               std::function<std::string(std::string_view policy)> authority_of, std::function<void()> settle,
               std::uint64_t bytes_max = UINT64_MAX);
  ~IncidentBook();

  void add(const IncidentAddition& addition);

  /// What was counted under `from` goes on under `to` and its limits; nothing happens if that is nothing.
  /// What was notified stays notified, under the ids of then.
  void move(const IncidentSlot& from, const IncidentSlot& to, const IncidentLimits& limits,
            CommitBatch& batch);

  /// Moves changed parts and the notifications of the milestones reached into `batch`; the one before it is
  /// durable. `now`: wall clock.
  void take(CommitBatch& batch, TimeNs now);

  /// The earliest clock that closes an incident; kTimeMax if none waits.
  TimeNs next_close() const;
  /// Closes (with a notification each) what `clock` has passed; call after take() of the same batch. kTimeMax
  /// closes everything.
  void close_passed(TimeNs clock, CommitBatch& batch, TimeNs now);

  /// Forgets what does not fit; after everything else of a batch.
  void trim();
  /// How many have changed since the last take().
  std::size_t changed() const;
  /// What it holds now.
  std::uint64_t bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
