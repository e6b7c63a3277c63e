#include "pipeline/silence.h"

namespace blockwatch {

SilenceWatch::Finding SilenceWatch::on_answer(std::uint64_t place, std::uint64_t readable_end,
                                              std::uint64_t log_end, Clock::time_point now) {
  asked_at_ = now;
  if (place < readable_end) return now - since_ >= kGiveUpAfter ? Finding::given_up : Finding::stalled;
  if (readable_end < log_end) return Finding::held_back;
  on_progress(now);
  return Finding::nothing;
}

}  // namespace blockwatch
