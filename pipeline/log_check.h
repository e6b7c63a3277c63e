// Whether a partition's log is still the one that the state counted on. Pure: what was read goes in, what it
// means comes out; the source reads (pipeline/kafka/kafka_source.cc).
//
//   seen at an assignment, or later                     means                          what is done
//   the log begins behind the position                  retention overran the state    halt, or go on there
//   the log begins at the position                      all that was counted expired   go on
//   the log ends before the position, for kGrace        truncated, or created anew     halt
//   another record stands before the position           created anew, or truncated     halt
//                                                       and regrown
//   none stands there                                   the same, or compacted         halt
//   the cluster has another id                          other brokers are configured   halt
//   an offset below the position                        delivered again                drop
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "config/settings.h"
#include "pipeline/ports.h"
#include "state/records.h"

namespace blockwatch {

/// What the brokers say of a partition's log: its first offset, and the one that its next record gets.
struct LogMarks {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

/// The same as of the last fetch; none: not fetched yet.
struct FetchedMarks {
  std::optional<std::uint64_t> start, end;
};

/// Of one partition, by the thread that reads it.
class LogCheck {
 public:
  using Clock = std::chrono::steady_clock;
  /// After a change of leaders a log may seem shorter than it is, until the new one has caught up.
  static constexpr std::chrono::seconds kGrace{5};

  /// `position`: the next offset to be counted; none: nothing was counted yet. `anchor`: of the record before
  /// it, if it is known.
  LogCheck(std::optional<std::uint64_t> position, std::optional<Anchor> anchor);

  // ---- what to read
  /// The first offset to be read: that of the record before the position, where it is to be compared. None:
  /// the log's first.
  std::optional<std::uint64_t> read_from() const;
  /// The next offset to be counted.
  std::optional<std::uint64_t> position() const { return position_; }
  bool halted() const { return stage_ == Stage::halted; }
  /// True: marks are wanted.
  bool in_doubt() const { return stage_ == Stage::in_doubt; }
  /// Once: it is to be read again, from read_from() on.
  bool take_reread() { return std::exchange(reread_, false); }

  // ---- what was read
  /// The brokers' cluster, before anything is read from it; empty: not known.
  void on_cluster(const std::string& cluster);
  enum class Take { deliver, drop, repeated };
  /// `anchor_of()` makes the anchor of this record; it is called for the one before the position only.
  template <class AnchorOf>
  Take on_record(std::uint64_t offset, AnchorOf&& anchor_of) {
    if (stage_ == Stage::reading && position_ && offset >= *position_) [[likely]] {
      position_ = offset + 1;
      return Take::deliver;
    }
    return on_other_record(offset,
                           position_ && offset + 1 == *position_ ? std::optional(anchor_of()) : std::nullopt);
  }
  /// The reader stands at the end of the log. False: that proves nothing yet.
  bool on_end(Clock::time_point now);
  /// The brokers do not serve the offset that was asked for; nothing comes until it is read again.
  void on_refused(Clock::time_point now);
  /// What was delivered last, for the next comparison.
  void remember(Anchor anchor) { anchor_ = std::move(anchor); }
  /// The reader begins again, as after an outage: the record before the position is compared anew.
  void begin_again();
  void on_marks(const LogMarks& marks, OnGap on_gap, Clock::time_point now);

  // ---- what it means
  /// Once each.
  std::optional<GapFound> take_gap() { return std::exchange(found_, std::nullopt); }
  /// Once a reading: the log is the one that was counted on.
  bool take_verified() { return std::exchange(verified_, false); }

 private:
  enum class Stage { unverified, reading, in_doubt, halted };

  Take on_other_record(std::uint64_t offset, const std::optional<Anchor>& found);
  void verify();
  void doubt(Clock::time_point now);
  void halt(GapKind kind, const std::optional<LogMarks>& marks);

  std::optional<std::uint64_t> position_;
  std::optional<Anchor> anchor_;
  Stage stage_ = Stage::unverified;
  Clock::time_point doubt_since_{};
  bool refused_ = false;
  bool reread_ = false;
  bool verified_ = false;
  std::optional<GapFound> found_;
};

}  // namespace blockwatch
