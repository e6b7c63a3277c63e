// What an ordinary message says: key, destinations, outcome, purpose, channel, time, and the made-up person
// it is about.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "cli/generate/draft.h"
#include "cli/generate/population.h"
#include "cli/generate/random.h"

namespace blockwatch {

/// Immutable. `population` outlives it. Thread: any.
class Composer {
 public:
  /// `plain_times`: the event's time is the moment it is sent, to the millisecond.
  Composer(const Population& population, bool plain_times)
      : population_(population), plain_times_(plain_times) {}

  /// Everything but the id; `draft` is clear.
  void compose(const AskerProfile& asker, TimeNs sent_at, Random& random, Draft& draft) const;

 private:
  void draft_time(TimeNs sent_at, Random& random, Draft& draft) const;
  void draft_destinations(bool ice, Random& random, Draft& draft) const;
  void draft_named(std::uint64_t count, bool ice, Random& random, Draft& draft) const;

  const Population& population_;
  bool plain_times_;
};

}  // namespace blockwatch
