// How much a broker may answer to one fetch, and how long that may take. On a slow link a large answer does
// not arrive before its request times out, is thrown away and asked for again, for ever: so then a smaller
// one is asked for, and waited for longer, as a batch of records is never divided. Pure; the source asks it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace blockwatch::kafka {

struct FetchLimits {
  std::uint64_t answer_bytes;
  std::chrono::milliseconds timeout;  // of any request
};

/// What librdkafka asks for of each partition by default.
inline constexpr std::uint64_t kPartitionBytes = 1ULL << 20U;

/// Thread: the source's.
class FetchPace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::uint64_t kAnswerBytesMin = 64ULL << 10U;
  static constexpr unsigned kStepsMax = 4;  // each asks for a quarter and waits for twice as long
  static constexpr std::chrono::minutes kFasterAfter{10};

  /// `normal`: what a client asks for that nothing holds up.
  explicit FetchPace(const FetchLimits& normal) : normal_(normal) {}

  /// None: the normal ones.
  std::optional<FetchLimits> limits() const {
    if (steps_ == 0) return std::nullopt;
    return FetchLimits{std::max(kAnswerBytesMin, normal_.answer_bytes >> (2 * steps_)),
                       normal_.timeout * (1U << steps_)};
  }
  /// By then each of so many partitions had its turn, if every one has more to bring than an answer holds.
  std::chrono::seconds turn_max(std::size_t partitions) const {
    const FetchLimits now = limits().value_or(normal_);
    const std::uint64_t answers = (partitions * kPartitionBytes + now.answer_bytes - 1) / now.answer_bytes;
    return std::chrono::ceil<std::chrono::seconds>(answers * now.timeout);
  }
  /// A request timed out while its answer was still coming. True: there are new limits.
  bool on_timeout(Clock::time_point now) {
    changed_at_ = now;
    if (steps_ == kStepsMax) return false;
    ++steps_;
    return true;
  }
  /// Asked where there is time to try. True: there are new limits.
  bool faster_if_due(Clock::time_point now) {
    if (steps_ == 0 || now - changed_at_ < kFasterAfter) return false;
    changed_at_ = now;
    --steps_;
    return true;
  }

 private:
  FetchLimits normal_;
  unsigned steps_ = 0;
  Clock::time_point changed_at_{};
};

}  // namespace blockwatch::kafka
