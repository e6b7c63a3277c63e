#include "daemon/systemd.h"

#include <string>

#include <systemd/sd-daemon.h>

namespace blockwatch::systemd {

void ready() {
  sd_notify(0, "READY=1");
}
void stopping() {
  sd_notify(0, "STOPPING=1");
}
void status(std::string_view text) {
  sd_notify(0, ("STATUS=" + std::string(text)).c_str());
}
void feed_watchdog() {
  sd_notify(0, "WATCHDOG=1");
}

}  // namespace blockwatch::systemd
