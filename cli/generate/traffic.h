// Made-up traffic of the network: records as a state's export would bring them, oddities and bad records
// included.
//
// Guarantees: the same seed, population and times give the same bytes on every machine. Every person, plate
// and number in it is made up.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain.h"
#include "base/time.h"
#include "cli/generate/composer.h"
#include "cli/generate/draft.h"
#include "cli/generate/population.h"
#include "cli/generate/random.h"
#include "cli/generate/year_askers.h"

namespace blockwatch {

/// Which of `partitions` holds a key: FNV-1a of its bytes with 64 bits, scattered by splitmix64's finalizer,
/// modulo.
std::uint32_t partition_of(std::string_view key, std::uint32_t partitions);

struct TrafficOptions {
  std::uint64_t seed = 1;
  std::uint32_t partitions = 1;
  std::uint64_t oddities_per_million = 20'000;
  /// Every event's time is the moment it is sent, to the millisecond: for live traffic whose latency is
  /// shown.
  bool plain_times = false;
  /// If given, the traffic is that of the letter's year, and what becomes of each record is certain: these
  /// say who asks; no id is used again once the duplicate window has forgotten it; no time lies outside the
  /// year, or so that whether it is late depends on where a partition's clock stands exactly (which needs a
  /// message every few hours on each partition). Outlives the traffic.
  YearAskers* year_askers = nullptr;
};

enum class Fate : std::uint8_t { counted, duplicate, out_of_scope, rejected };

/// What a record was meant to be. Certain with `year_askers` only. All but the first two are of counted
/// messages.
struct Intent {
  Fate fate = Fate::counted;
  RejectReason reason = RejectReason::too_large;  // of a rejected one
  NodeIndex agency = 0;                           // who asked
  Class cls = Class::other;
  TimeNs time = 0;  // of the event
  bool late = false;
  bool partial = false;       // one destination is unusable
  bool unknown_code = false;  // one destination is a code that nobody knows
};

struct GeneratedRecord {
  std::string key;      // the event's id, also where the payload lacks or spoils it
  std::string payload;  // without a line feed; may be empty
  std::uint32_t partition = 0;
  TimeNs broker_time = 0;  // whole milliseconds, never before that of the record before
  Intent intent;
};

/// Thread: one. `population` outlives it.
class Traffic {
 public:
  Traffic(const Population& population, const TrafficOptions& options);

  /// The next record, sent at `sent_at` (which never goes back). Valid until the next call.
  const GeneratedRecord& make(TimeNs sent_at);

 private:
  struct Sent {
    std::string id;
    std::string payload;
    TimeNs at = kNoTime;
  };

  const AskerProfile& asker();
  void make_odd(TimeNs sent_at);
  void spell_oddly();
  void reach_oddly();
  void ask_oddly();
  void time_oddly(TimeNs sent_at);
  TimeNs odd_time(std::uint64_t roll, TimeNs sent_at);
  bool repeat(TimeNs sent_at);
  bool reject(TimeNs sent_at);
  void conclude(TimeNs sent_at);
  void remember(TimeNs sent_at);

  const Population& population_;
  TrafficOptions options_;
  Random random_;
  Composer composer_;
  DraftWriter writer_;
  std::uint64_t index_ = 0;
  std::uint64_t too_large_left_;
  bool repeated_ = false;  // the record's id was there before
  Draft draft_;
  GeneratedRecord record_;
  std::vector<Sent> recent_;      // a ring: what may be repeated soon
  std::uint64_t remembered_ = 0;  // into recent_, so far
  std::deque<Sent> old_;          // ids that may be used again after the duplicate window
};

}  // namespace blockwatch
