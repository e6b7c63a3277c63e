// Whether a partition has fallen silent although its log goes on. Pure; the source asks it (pipeline/kafka/).
//
// Two things look alike from outside. A client can stop fetching one partition and tell nobody (librdkafka's
// issue 5153): the partition is read anew, and where that does not help the process ends for its restart. Or
// a producer's transaction stays open: what stands behind it may not be read before its end, and no restart
// helps.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace blockwatch {

/// Up to where a partition's records may be read, as the brokers said when they were asked.
struct ReadableEnd {
  std::uint64_t offset = 0;
  std::chrono::steady_clock::time_point at{};
};

/// Of one partition, by the thread that reads it.
class SilenceWatch {
 public:
  using Clock = std::chrono::steady_clock;
  /// So long may a record that can be read not come, where nothing is caught up with. With the time between
  /// two questions (topic_watch.cc) less than the half minute that is promised.
  static constexpr std::chrono::seconds kStallMax{20};
  /// So many times as long, and the process ends.
  static constexpr int kGiveUpTimes = 6;
  /// So long may a transaction stay open.
  static constexpr std::chrono::seconds kHeldBackMax{30};
  /// An older answer does not tell a transaction from a stall.
  static constexpr std::chrono::seconds kAnswerAgeMax{15};

  explicit SilenceWatch(Clock::time_point now) : since_(now) {}

  /// A record came, or there is none to come, or no broker to bring it.
  void on_progress(Clock::time_point now) {
    since_ = now;
    read_anew_at_.reset();
    is_found_ = false;
  }
  /// Nobody read for so long: that is no silence of the partition's.
  void on_pause(Clock::duration pause) { since_ += pause; }

  enum class Finding {
    nothing,    // no silence, or not yet
    held_back,  // by an open transaction
    stalled,    // it has to be read anew
    given_up,   // that did not help
  };
  /// To be called some times a second. `place`: up to where it was read, control records included.
  /// `readable`: the last answer. `log_end`: up to where the log goes, as of the last fetch. None: not known.
  /// `patience`: while all partitions catch up, one waits for its turn.
  Finding look(std::uint64_t place, const std::optional<ReadableEnd>& readable,
               const std::optional<std::uint64_t>& log_end, Clock::time_point now,
               std::chrono::seconds patience = kStallMax);
  /// Once for each silence.
  bool take_news() { return !std::exchange(is_found_, true); }
  bool is_found() const { return is_found_; }
  std::chrono::seconds silent_for(Clock::time_point now) const {
    return std::chrono::duration_cast<std::chrono::seconds>(now - since_);
  }

 private:
  Clock::time_point since_;
  std::optional<Clock::time_point> read_anew_at_;
  bool is_found_ = false;
};

}  // namespace blockwatch
