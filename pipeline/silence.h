// Whether a partition has fallen silent although its log goes on. Pure; the source asks it (pipeline/kafka/).
//
// Two things look alike from outside. A client can stop fetching one partition and tell nobody (librdkafka's
// issue 5153): the partition is read anew, and where that does not help the process ends for its restart. Or
// a producer's transaction stays open: what stands behind it may not be read before its end, and no restart
// helps.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

namespace blockwatch {

/// Of one partition, by the thread that reads it.
class SilenceWatch {
 public:
  using Clock = std::chrono::steady_clock;
  /// So long may the log go on without a record from it.
  static constexpr std::chrono::seconds kSilenceMax{30};
  /// Then the process ends.
  static constexpr std::chrono::seconds kGiveUpAfter{120};

  explicit SilenceWatch(Clock::time_point now) : since_(now), asked_at_(now) {}

  /// A record came, or there is none to come, or no broker to bring it.
  void on_progress(Clock::time_point now) {
    since_ = asked_at_ = now;
    is_found_ = false;
  }
  /// Nobody read for so long: that is no silence of the partition's.
  void on_pause(Clock::duration pause) {
    since_ += pause;
    asked_at_ += pause;
  }
  /// It is time to ask the brokers how far its records may be read; at most once in kSilenceMax.
  bool is_due(Clock::time_point now) const {
    return now - since_ >= kSilenceMax && now - asked_at_ >= kSilenceMax;
  }

  enum class Finding {
    nothing,    // there is nothing to read: no silence
    held_back,  // by an open transaction
    stalled,    // it has to be read anew
    given_up,   // that did not help
  };
  /// `place`: up to where it was read, control records included. `readable_end`: up to where records may be
  /// read; `log_end`: up to where the log goes.
  Finding on_answer(std::uint64_t place, std::uint64_t readable_end, std::uint64_t log_end,
                    Clock::time_point now);
  /// Once for each silence.
  bool take_news() { return !std::exchange(is_found_, true); }
  bool is_found() const { return is_found_; }
  std::chrono::seconds silent_for(Clock::time_point now) const {
    return std::chrono::duration_cast<std::chrono::seconds>(now - since_);
  }

 private:
  Clock::time_point since_;
  Clock::time_point asked_at_;
  bool is_found_ = false;
};

}  // namespace blockwatch
