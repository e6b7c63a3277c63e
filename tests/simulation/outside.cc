#include "tests/simulation/outside.h"

#include <cstdio>

namespace blockwatch::simulation {

const char* name_of(Event event) {
  switch (event) {
    case Event::process:
      return "process";
    case Event::clean_stop:
      return "clean_stop";
    case Event::source_error:
      return "source_error";
    case Event::died_opening:
      return "died_opening";
    case Event::died_at_any_place:
      return "died_at_any_place";
    case Event::died_before_write:
      return "died_before_write";
    case Event::died_torn_write:
      return "died_torn_write";
    case Event::died_before_sync:
      return "died_before_sync";
    case Event::died_after_sync:
      return "died_after_sync";
    case Event::power_lost:
      return "power_lost";
    case Event::bytes_lost:
      return "bytes_lost";
    case Event::write_refused:
      return "write_refused";
    case Event::sync_refused:
      return "sync_refused";
    case Event::slow_sync:
      return "slow_sync";
    case Event::disk_full:
      return "disk_full";
    case Event::record_handed_over:
      return "record_handed_over";
    case Event::record_again:
      return "record_again";
    case Event::empty_poll:
      return "empty_poll";
    case Event::offset_jump:
      return "offset_jump";
    case Event::data_gap:
      return "data_gap";
    case Event::halt:
      return "halt";
    case Event::verified:
      return "verified";
    case Event::silence:
      return "silence";
    case Event::reload_offered:
      return "reload_offered";
    case Event::reload_activated:
      return "reload_activated";
    case Event::start_with_other_version:
      return "start_with_other_version";
    case Event::clock_back:
      return "clock_back";
    case Event::clock_forward:
      return "clock_forward";
    case Event::outputs_replaced:
      return "outputs_replaced";
    case Event::delivered:
      return "delivered";
    case Event::delivered_again:
      return "delivered_again";
    case Event::delivery_refused:
      return "delivery_refused";
    case Event::delivery_late:
      return "delivery_late";
    case Event::acknowledgement_lost:
      return "acknowledgement_lost";
    case Event::partly_acknowledged:
      return "partly_acknowledged";
    case Event::suppressed:
      return "suppressed";
    case Event::everything_drained:
      return "everything_drained";
  }
  return "";
}

void Outside::report_fault(const char* text) {
  if (fault[0] == 0) std::snprintf(fault.data(), fault.size(), "%s", text);
}

}  // namespace blockwatch::simulation
