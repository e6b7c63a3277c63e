#include "pipeline/alert/incident_json.h"

#include "base/time.h"

namespace blockwatch {

nlohmann::ordered_json sighting_json(const Sighting& s) {
  return {{"topic", s.topic},
          {"partition", s.partition},
          {"offset", s.offset},
          {"time", format_time(s.time)},
          {"ori", s.ori}};
}

}  // namespace blockwatch
