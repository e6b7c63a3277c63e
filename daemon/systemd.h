// What systemd is told about the service (sd_notify). Without systemd every call does nothing.
#pragma once

#include <string_view>

namespace blockwatch::systemd {

void ready();
void stopping();
/// One line for `systemctl status`.
void status(std::string_view text);
/// "Still making progress"; call at least once a second while that is true.
void feed_watchdog();

}  // namespace blockwatch::systemd
