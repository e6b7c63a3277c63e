#include "pipeline/silence.h"

namespace blockwatch {

SilenceWatch::Finding SilenceWatch::look(std::uint64_t place, const std::optional<ReadableEnd>& readable,
                                         const std::optional<std::uint64_t>& log_end, Clock::time_point now,
                                         std::chrono::seconds patience) {
  const bool may_be_read = readable && place < readable->offset;
  if (!may_be_read && (!log_end || place >= *log_end)) {
    on_progress(now);
    return Finding::nothing;
  }
  const auto waited = now - since_;
  if (!may_be_read) {
    const bool is_known = readable && now - readable->at <= kAnswerAgeMax;
    return is_known && waited >= kHeldBackMax ? Finding::held_back : Finding::nothing;
  }
  if (waited >= kGiveUpTimes * patience) return Finding::given_up;
  // Once it was read anew, the next time comes half as much later.
  if (waited < patience || (read_anew_at_ && now - *read_anew_at_ < 3 * patience / 2))
    return Finding::nothing;
  read_anew_at_ = now;
  return Finding::stalled;
}

}  // namespace blockwatch
