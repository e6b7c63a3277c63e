// What librdkafka is told where a topic is a source. The ceiling of bench/ is told the same.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pipeline/kafka/client.h"
#include "pipeline/kafka/fetch_limits.h"

namespace blockwatch::kafka {

/// Before 2.2 a full local queue puts the broker thread to sleep for up to a second while the consumer
/// starves; later versions have a setting for that pause. False: it wants waking (topic_watch.h).
bool has_queue_backoff();

/// The queue's part where memory is plenty.
inline constexpr std::uint64_t kSourceQueueBytes = 64ULL << 20U;

/// What an operator may set otherwise. `queue_bytes`: what all that was fetched may take in memory, one
/// answer of a broker beyond it. `message_bytes_max`: `message.max.bytes`, if the operator set it; an answer
/// is never smaller.
std::vector<Setting> source_defaults(std::uint64_t queue_bytes = kSourceQueueBytes,
                                     std::uint64_t message_bytes_max = 0);

/// Of a client that nothing holds up.
FetchLimits source_fetch_limits(const Settings& operator_settings, std::uint64_t queue_bytes,
                                std::size_t partitions);

/// What the promises rest on. `limits`: where the link wants other ones than are set.
std::vector<Setting> source_forced(const std::optional<FetchLimits>& limits = std::nullopt);

}  // namespace blockwatch::kafka
