#include "pipeline/log_check.h"

namespace blockwatch {

namespace {

/// What is wrong with a position that the brokers do not serve; none: it lies within the log.
std::optional<GapKind> judge_marks(std::uint64_t position, const LogMarks& marks) {
  if (position < marks.start) return GapKind::retention_overrun;
  if (position > marks.end) return GapKind::truncated;
  return std::nullopt;
}

}  // namespace

LogCheck::LogCheck(std::optional<std::uint64_t> position, std::optional<Anchor> anchor)
    : position_(position), anchor_(std::move(anchor)) {}

std::optional<std::uint64_t> LogCheck::read_from() const {
  if (position_ && anchor_) return *position_ - 1;
  return position_;
}

void LogCheck::on_cluster(const std::string& cluster) {
  if (anchor_ && !cluster.empty() && !anchor_->cluster.empty() && cluster != anchor_->cluster)
    halt(GapKind::wrong_cluster, std::nullopt);
}

LogCheck::Take LogCheck::on_other_record(std::uint64_t offset, const std::optional<Anchor>& found) {
  if (stage_ == Stage::halted) return Take::drop;
  const bool compares = position_ && anchor_ && stage_ != Stage::reading;
  if (compares && found) {
    const bool same = found->payload == anchor_->payload && found->broker_time == anchor_->broker_time;
    if (same)
      verify();
    else
      halt(GapKind::anchor_differs, std::nullopt);
    return Take::drop;
  }
  if (position_ && offset < *position_) return Take::repeated;
  if (compares) {
    halt(GapKind::anchor_absent, std::nullopt);
    return Take::drop;
  }
  verify();
  position_ = offset + 1;
  return Take::deliver;
}

bool LogCheck::on_end(Clock::time_point now) {
  if (stage_ == Stage::halted || refused_) return false;
  if (stage_ == Stage::reading) return true;
  if (position_ && anchor_) {  // the record before the position should have come
    doubt(now);
    return false;
  }
  verify();
  return true;
}

void LogCheck::on_refused(Clock::time_point now) {
  if (stage_ == Stage::halted) return;
  refused_ = true;
  doubt(now);
}

void LogCheck::begin_again() {
  if (stage_ == Stage::halted) return;
  if (stage_ == Stage::reading) stage_ = Stage::unverified;
  refused_ = false;
}

void LogCheck::on_marks(const LogMarks& marks, OnGap on_gap, Clock::time_point now) {
  if (stage_ != Stage::in_doubt) return;
  const auto kind = position_ ? judge_marks(*position_, marks) : std::nullopt;
  if (kind == GapKind::retention_overrun && on_gap == OnGap::go_on) {
    found_ = GapFound{0, *kind, *position_, marks.start, marks.end, marks.start};
    position_ = marks.start;
    anchor_.reset();
  } else if (kind == GapKind::retention_overrun) {
    return halt(*kind, marks);
  } else if (kind) {
    if (now - doubt_since_ >= kGrace) halt(*kind, marks);
    return;
  } else if (position_ && marks.start == *position_) {
    anchor_.reset();  // expired with all that was counted
  } else if (!refused_) {
    if (now - doubt_since_ >= kGrace) halt(GapKind::anchor_absent, marks);
    return;
  }
  refused_ = false;
  stage_ = Stage::unverified;
  reread_ = true;
}

void LogCheck::verify() {
  stage_ = Stage::reading;
  verified_ = true;
}

void LogCheck::doubt(Clock::time_point now) {
  if (stage_ != Stage::in_doubt) doubt_since_ = now;
  stage_ = Stage::in_doubt;
}

void LogCheck::halt(GapKind kind, const std::optional<LogMarks>& marks) {
  stage_ = Stage::halted;
  found_ = GapFound{0, kind, position_.value_or(0), {}, {}, {}};
  if (!marks) return;
  found_->log_start = marks->start;
  found_->log_end = marks->end;
}

}  // namespace blockwatch
