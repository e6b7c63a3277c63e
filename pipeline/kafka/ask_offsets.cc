#include "pipeline/kafka/ask_offsets.h"

#include "pipeline/kafka/client.h"

namespace blockwatch::kafka {

std::map<std::uint32_t, std::uint64_t> ask_offsets(rd_kafka_t* handle, const std::string& topic,
                                                   const std::vector<std::uint32_t>& partitions,
                                                   LogPlace place, std::chrono::milliseconds timeout) {
  // A question for "the offset at a time" with the protocol's two special times. It ends in time, which
  // rd_kafka_query_watermark_offsets does not without a broker.
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const std::uint32_t partition : partitions)
    add(list, topic, partition, static_cast<std::int64_t>(place));
  std::map<std::uint32_t, std::uint64_t> offsets;
  if (rd_kafka_offsets_for_times(handle, list.get(), static_cast<int>(timeout.count())) !=
      RD_KAFKA_RESP_ERR_NO_ERROR)
    return offsets;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& answer = list->elems[i];
    if (answer.err == RD_KAFKA_RESP_ERR_NO_ERROR && answer.offset >= 0)
      offsets[static_cast<std::uint32_t>(answer.partition)] = static_cast<std::uint64_t>(answer.offset);
  }
  return offsets;
}

}  // namespace blockwatch::kafka
