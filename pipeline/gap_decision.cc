#include "pipeline/gap_decision.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "state/partition_name.h"

namespace blockwatch {
namespace {

std::string offset_text(const std::optional<std::uint64_t>& offset) {
  return offset ? std::to_string(*offset) : "not known";
}

std::string marks_text(const Gap& gap) {
  return fmt::format("the log's start is {}, its end {}, the position was {}", offset_text(gap.log_start),
                     offset_text(gap.log_end), gap.position);
}

Expected<std::uint64_t> place_of(const Gap& gap, std::string_view resume) {
  const auto known = [&](const std::optional<std::uint64_t>& mark) -> Expected<std::uint64_t> {
    if (mark) return *mark;
    return fail(ExitCode::usage,
                fmt::format("--resume {}: nobody knows it ({}); give an offset", resume, marks_text(gap)));
  };
  if (resume == "start") return known(gap.log_start);
  if (resume == "end") return known(gap.log_end);
  if (resume.empty()) {
    if (gap.kind == GapKind::retention_overrun && gap.log_start) return *gap.log_start;
    return fail(
        ExitCode::usage,
        fmt::format("--resume is needed for a gap of kind {}: start counts all that the log holds now, "
                    "also what was counted before and stands there again; end leaves all of that out; "
                    "or an offset ({})",
                    name_of(gap.kind), marks_text(gap)));
  }
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(resume.data(), resume.data() + resume.size(), offset);
  if (error != std::errc() || end != resume.data() + resume.size() || offset > INT64_MAX)
    return fail(ExitCode::usage, fmt::format("--resume {}: is neither start, end nor an offset", resume));
  return offset;
}

}  // namespace

void resume_behind(Gap& gap, PartitionProgress& progress, GapState state, std::uint64_t offset, TimeNs now) {
  gap.state = state;
  gap.decided_at = now;
  gap.resumed_at = offset;
  progress.first_offset = progress.next_offset = offset;
  progress.anchor.reset();
}

Expected<void> accept_gap(Gap& gap, PartitionProgress& progress, std::string_view resume,
                          std::string_view note, TimeNs now) {
  if (gap.state != GapState::halted)
    return fail(ExitCode::usage,
                fmt::format("{} waits for no decision: its last gap is {}",
                            partition_name(progress.topic, progress.partition), name_of(gap.state)));
  if (note.size() > kGapNoteBytesMax)
    return fail(ExitCode::usage,
                fmt::format("--note has {} bytes, {} are allowed", note.size(), kGapNoteBytesMax));
  const auto place = place_of(gap, resume);
  if (!place) return tl::unexpected(place.error());
  const bool goes_on = gap.kind == GapKind::retention_overrun;
  if (goes_on && *place < gap.position)
    return fail(ExitCode::usage, fmt::format("--resume {}: offsets before {} are counted already ({})",
                                             *place, gap.position, marks_text(gap)));
  resume_behind(gap, progress, GapState::accepted, *place, now);
  gap.note = note;
  if (!goes_on) ++progress.epoch;
  progress.ended = false;
  return {};
}

}  // namespace blockwatch
