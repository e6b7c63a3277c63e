// Asks the brokers where logs begin and end.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <librdkafka/rdkafka.h>

namespace blockwatch::kafka {

enum class LogPlace : std::int64_t {
  start = RD_KAFKA_OFFSET_BEGINNING,
  /// Where only committed records are read: before those of the first open transaction.
  readable_end = RD_KAFKA_OFFSET_END,
};

/// By partition, in at most `timeout`; those that did not answer are missing. Any thread.
std::map<std::uint32_t, std::uint64_t> ask_offsets(rd_kafka_t* handle, const std::string& topic,
                                                   const std::vector<std::uint32_t>& partitions,
                                                   LogPlace place, std::chrono::milliseconds timeout);

}  // namespace blockwatch::kafka
