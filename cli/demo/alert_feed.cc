#include "cli/demo/alert_feed.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/kafka/kafka_source.h"

namespace blockwatch {
namespace {

constexpr std::chrono::milliseconds kPoll{100};
// An alert about an older event is about a late one: its age says nothing of the way of an alert.
constexpr TimeNs kFreshMax = 10 * kSecond;

struct Wording {
  std::string_view kind, text;  // {} = the policy
};
constexpr std::array<Wording, 11> kWordings{{
    {"block_leak", "DATA GIVEN despite {}"},
    {"blocked_query", "asked despite {}, no refusal"},
    {"blocked_attempt", "refused: {} held"},
    {"enforcement_gap", "asked before {} is enforced"},
    {"exception_exceeded", "too many uses: {}"},
    {"broadcast_by_blocked", "by broadcast despite {}"},
    {"side_channel", "free text despite {}"},
    {"unknown_ori", "asked under an ORI that nothing explains"},
    {"inactive_ori", "asked under an expired or inactive ORI"},
    {"lookalike_ori", "asked under an ORI like a blocked one"},
    {"watch", "asked; watched by {}"},
}};

std::string_view color_of(std::string_view severity) {
  if (severity == "critical") return "\x1b[1;31m";
  if (severity == "warning") return "\x1b[33m";
  return "\x1b[36m";
}

std::string colored(const std::string& text, std::string_view color, TextStyle style) {
  return style.color ? std::string(color) + text + "\x1b[0m" : text;
}

std::string what_of(const std::string& kind, const std::string& policy) {
  for (const Wording& wording : kWordings) {
    if (wording.kind == kind) return fmt::format(fmt::runtime(wording.text), policy);
  }
  return kind;
}

// Cut to `width`; ids are ASCII in the shipped examples.
std::string cell(std::string text, std::size_t width) {
  if (text.size() > width) text = text.substr(0, width - 1) + "~";
  text.resize(width, ' ');
  return text;
}

constexpr std::size_t kWhatWidth = 41, kWhoWidth = 12;

}  // namespace

AlertLine alert_line(std::string_view cloud_event) {
  const auto event = nlohmann::json::parse(cloud_event);
  const auto& data = event.at("data");
  const auto text = [&data](const char* name) { return data.at(name).get<std::string>(); };
  AlertLine line{text("severity"),
                 text("agency"),
                 text("jurisdiction"),
                 what_of(text("kind"), text("policy")),
                 std::to_string(data.at("count").get<std::uint64_t>()),
                 kNoTime};
  if (const auto last = data.find("last"); last != data.end()) {
    line.event_time = parse_rfc3339(last->at("time").get<std::string>()).value_or(kNoTime);
  }
  return line;
}

std::string alert_header(TextStyle style) {
  return bold(fmt::format("{:<8}  {:<8}  {:<12}  {:<5}  {:<41}  {:>6}  {:>8}", "UTC", "SEVERITY", "WHO",
                          "STATE", "WHAT", "COUNT", "AFTER"),
              style) +
         "\n";
}

std::string alert_text(const AlertLine& alert, TimeNs read_at, double latency_ms, TextStyle style) {
  const std::string severity = colored(cell(alert.severity, 8), color_of(alert.severity), style);
  const std::string what = cell(alert.what, kWhatWidth);
  const std::string after = latency_ms < 0 ? "late" : fmt::format("{:.0f} ms", latency_ms);
  return fmt::format("{}  {}  {}  {:<5}  {}  {:>6}  {:>8}\n", format_time(read_at).substr(11, 8), severity,
                     cell(alert.who, kWhoWidth), alert.state,
                     alert.severity == "critical" ? bold(what, style) : what, alert.count, after);
}

Expected<std::unique_ptr<AlertFeed>> AlertFeed::start(std::map<std::string, std::string> kafka,
                                                      const std::string& topic, TextStyle style) {
  std::unique_ptr<AlertFeed> feed(new AlertFeed(style));
  KafkaSourceOptions options;
  options.topic = topic;
  options.settings = std::move(kafka);
  auto source = make_kafka_source(options, feed->telemetry_, feed->stop_);
  if (!source) return tl::unexpected(source.error());
  feed->source_ = std::move(*source);
  feed->thread_ = std::thread([raw = feed.get()] { raw->run(); });
  return feed;
}

AlertFeed::~AlertFeed() {
  stop();
}

void AlertFeed::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  std::sort(latencies_.begin(), latencies_.end());
}

void AlertFeed::run() {
  SourceBatch batch;
  for (bool last = false; !last;) {
    last = stop_;  // what came before stop() is read once more after it
    batch.clear();
    if (!source_->poll(kPoll, batch)) return;
    for (const SourceRecord& record : batch.records) {
      const TimeNs now = wall_clock_now();
      const AlertLine line = alert_line(record.payload);
      const TimeNs age = line.event_time == kNoTime ? kTimeMax : now - line.event_time;
      const double milliseconds =
          age > kFreshMax ? -1 : std::max(0.0, static_cast<double>(age) / kMillisecond);
      if (milliseconds >= 0) latencies_.push_back(milliseconds);
      std::fputs(alert_text(line, now, milliseconds, style_).c_str(), stdout);
      ++printed_;
    }
    std::fflush(stdout);
  }
}

}  // namespace blockwatch
