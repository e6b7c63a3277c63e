#include "pipeline/gap_text.h"

#include <string_view>

#include <fmt/format.h>

namespace blockwatch {
namespace {

std::string what_is_wrong(const Gap& gap) {
  const std::uint64_t last = gap.position == 0 ? 0 : gap.position - 1;  // that was counted
  switch (gap.kind) {
    case GapKind::retention_overrun: {
      const std::uint64_t end = gap.resumed_at.value_or(gap.log_start.value_or(gap.position));
      return fmt::format("offsets {} to {} were deleted by the topic's retention before they were counted",
                         gap.position, end == 0 ? 0 : end - 1);
    }
    case GapKind::truncated:
      return fmt::format(
          "the log ends at offset {}, and it was counted up to {}: it was truncated, or created anew",
          gap.log_end.value_or(0), last);
    case GapKind::anchor_differs:
      return fmt::format(
          "offset {} holds another record than the one that was counted: the topic was created anew, or "
          "truncated and written again",
          last);
    case GapKind::anchor_absent:
      return fmt::format(
          "offset {} holds no record any more, and one was counted: the topic was created anew, truncated "
          "and written again, or compacted",
          last);
    case GapKind::wrong_cluster:
      return "the brokers are those of another cluster than the one that was counted";
    case GapKind::offset_jump:
      return fmt::format("offsets {} to {} hold no record, in a topic that source.plain says has no holes",
                         gap.position, gap.resumed_at.value_or(gap.position + 1) - 1);
  }
  return "";
}

std::string what_became_of_it(const Gap& gap) {
  const std::string at = gap.resumed_at ? fmt::format(" at offset {}", *gap.resumed_at) : "";
  switch (gap.state) {
    case GapState::halted:
      return "halted until an operator decides";
    case GapState::continued:
      return "counting went on" + at;
    case GapState::accepted:
      return "an operator accepted it, and counting went on" + at;
    case GapState::cleared:
      return "the log was found whole again";
  }
  return "";
}

}  // namespace

std::string sentence_of(const Gap& gap) {
  return what_is_wrong(gap) + "; " + what_became_of_it(gap);
}

std::optional<std::uint64_t> missing_of(const Gap& gap) {
  if (gap.kind != GapKind::retention_overrun && gap.kind != GapKind::offset_jump) return std::nullopt;
  const auto end = gap.resumed_at ? gap.resumed_at : gap.log_start;
  return end && *end > gap.position ? std::optional(*end - gap.position) : std::nullopt;
}

}  // namespace blockwatch
