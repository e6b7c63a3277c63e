#include "query/gaps.h"

#include <map>

#include "pipeline/gap_text.h"
#include "query/json.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

}  // namespace

ordered_json gap_json(const Gap& gap, const std::string& topic) {
  return {{"topic", topic},
          {"partition", gap.partition},
          {"kind", name_of(gap.kind)},
          {"state", name_of(gap.state)},
          {"found_at", time_or_null(gap.found_at)},
          {"decided_at", time_or_null(gap.decided_at)},
          {"epoch", gap.epoch},
          {"position", gap.position},
          {"log_start", number_or_null(gap.log_start)},
          {"log_end", number_or_null(gap.log_end)},
          {"resumed_at", number_or_null(gap.resumed_at)},
          {"missing", number_or_null(missing_of(gap))},
          {"after_event_time", time_or_null(gap.clock)},
          {"until_event_time", time_or_null(gap.until == kTimeMax ? kNoTime : gap.until)},
          {"note", gap.note},
          {"what", sentence_of(gap)}};
}

std::string gaps_json(const Snapshot& snapshot) {
  std::map<std::uint32_t, std::string> topics;
  for (const PartitionProgress& p : snapshot.partitions()) topics[p.partition] = p.topic;
  ordered_json list = ordered_json::array();
  for (const Gap& gap : snapshot.gaps()) list.push_back(gap_json(gap, topics[gap.partition]));
  return dump_json({{"gaps", list}});
}

}  // namespace blockwatch
