// The body of a notification: CloudEvents 1.0 structured JSON, fixed when it is made (contract §6). Pure.
#pragma once

#include <string>
#include <string_view>

#include "state/records.h"

namespace blockwatch {

struct CloudEventFacts {
  std::string_view instance;
  std::string_view notification;  // id
  std::string_view incident;      // id
  const IncidentKey* key = nullptr;
  std::string_view authority;                  // of the policy; empty where there is none
  const IncidentCounters* counters = nullptr;  // summed over partitions
  std::uint64_t count = 0;                     // counters->count less the allowance
  std::string_view milestone;
  TimeNs made_at = 0;
};

std::string cloud_event(const CloudEventFacts& facts);

/// One readable sentence, as in `data.summary`.
std::string incident_sentence(const IncidentKey& key, std::uint64_t count, std::string_view milestone);

}  // namespace blockwatch
