// What a message of librdkafka holds, in our types.
#pragma once

#include <string_view>

#include <librdkafka/rdkafka.h>

#include "base/time.h"

namespace blockwatch::kafka {

/// kNoTime where the producer and the broker gave none.
inline TimeNs broker_time_of(const rd_kafka_message_t* message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t ms = rd_kafka_message_timestamp(message, &type);
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ms < 0) return kNoTime;
  return ms > kTimeMax / kMillisecond ? kTimeMax : ms * kMillisecond;
}

/// Lives as long as the message; empty for a tombstone.
inline std::string_view payload_of(const rd_kafka_message_t* message) {
  return {static_cast<const char*>(message->payload), message->payload == nullptr ? 0 : message->len};
}

}  // namespace blockwatch::kafka
