// Which partitions a source reads: what the topic has, what the configuration asks for, what the state has
// counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "pipeline/kafka/client.h"
#include "pipeline/kafka/kafka_source.h"

namespace blockwatch::kafka {

/// How many partitions the topic has, as soon as a broker says so. Error 75: it does not exist, or must not
/// be read; ok: stopped.
Expected<std::uint32_t> count_partitions(rd_kafka_t* handle, rd_kafka_topic_t* topic,
                                         ConnectionState& connection, const std::atomic<bool>& stop);

/// A range without holes of a topic with `count` partitions. Error 75: the topic lacks some; 78: the state
/// has counted others, which nobody would go on with; 65: it has counted more than the topic has.
Expected<std::vector<std::uint32_t>> choose_partitions(const KafkaSourceOptions& options,
                                                       std::uint32_t count);

}  // namespace blockwatch::kafka
