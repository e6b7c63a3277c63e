// The demo's subscriber: reads the alert topic as anyone could and prints one line an alert.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "cli/table.h"
#include "pipeline/ports.h"
#include "pipeline/telemetry.h"

namespace blockwatch {

/// What an alert says, as the table's columns show it.
struct AlertLine {
  std::string severity, who, state, what;
  std::string count;
  TimeNs event_time = kNoTime;  // of the newest observation
};

/// From the CloudEvent's bytes. Throws nlohmann's exception on another shape.
AlertLine alert_line(std::string_view cloud_event);

/// Columns and widths are those of alert_header(); at most kTableWidth wide. `latency_ms` < 0: not known.
std::string alert_text(const AlertLine& alert, TimeNs read_at, double latency_ms, TextStyle style);
std::string alert_header(TextStyle style);

/// Owned by the demo. Threads: feed -> standard output. The destructor stops as well.
class AlertFeed {
 public:
  /// `kafka`: librdkafka's settings.
  static Expected<std::unique_ptr<AlertFeed>> start(std::map<std::string, std::string> kafka,
                                                    const std::string& topic, TextStyle style);
  ~AlertFeed();
  AlertFeed(const AlertFeed&) = delete;
  AlertFeed& operator=(const AlertFeed&) = delete;

  /// Prints what is there still, then ends.
  void stop();
  /// Milliseconds from a query's time to its alert read here, ascending; after stop().
  const std::vector<double>& latencies() const { return latencies_; }
  std::size_t printed() const { return printed_; }

 private:
  explicit AlertFeed(TextStyle style) : style_(style) {}
  void run();

  TextStyle style_;
  Telemetry telemetry_;  // the source reports to it; nobody reads it
  std::atomic<bool> stop_{false};
  std::unique_ptr<Source> source_;
  std::vector<double> latencies_;
  std::size_t printed_ = 0;
  std::thread thread_;
};

}  // namespace blockwatch
