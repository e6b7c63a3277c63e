// What librdkafka is told where a topic is a source. The ceiling of bench/ is told the same.
#pragma once

#include <vector>

#include "pipeline/kafka/client.h"

namespace blockwatch::kafka {

/// Before 2.2 a full local queue puts the broker thread to sleep for up to a second while the consumer
/// starves; later versions have a setting for that pause. False: it wants waking (topic_watch.h).
bool has_queue_backoff();

/// What an operator may set otherwise.
std::vector<Setting> source_defaults();

/// What the promises rest on.
std::vector<Setting> source_forced();

}  // namespace blockwatch::kafka
