// `blockwatch demo`: the whole product on made-up traffic, in one process, with nothing installed and nothing
// left behind.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/demo/alert_feed.h"
#include "cli/demo/closing_report.h"
#include "cli/demo/live_traffic.h"
#include "cli/demo/stage.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "daemon/signals.h"
#include "daemon/wiring.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kQueriesPerSecond = 200;
constexpr milliseconds kTick{20};
// After the last query: its alert is on its way.
constexpr milliseconds kSettle{700};

/// The daemon's service on a thread of its own. Threads: demo -> service.
class ServiceThread {
 public:
  explicit ServiceThread(const Configuration& configuration)
      : thread_([this, &configuration] {
          result_ = run_service(configuration, {}, {stop_, reload_}, [this] { ready_ = true; });
          over_ = true;
        }) {}
  ~ServiceThread() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  ServiceThread(const ServiceThread&) = delete;
  ServiceThread& operator=(const ServiceThread&) = delete;

  bool ready() const { return ready_; }
  bool over() const { return over_; }
  Expected<void> stop() {
    stop_ = true;
    thread_.join();
    return result_;
  }

 private:
  std::atomic<bool> stop_{false}, reload_{false}, ready_{false}, over_{false};
  Expected<void> result_;  // written by the thread, read after it was joined
  std::thread thread_;
};

void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::string opening(std::uint64_t seconds, TextStyle style) {
  return fmt::format(
      "\n{}  who asked for drivers' data, what was given, and do the blocks hold?\n\n"
      "Four states have blocked ICE: Illinois, Massachusetts, Minnesota, New York. For {} seconds made-up\n"
      "agencies send {} queries a second through an in-process Kafka; blockwatch counts every one of them\n"
      "and writes an alert to a topic when a block is touched. AFTER is the time from query to alert.\n\n",
      bold("blockwatch", style), seconds, kQueriesPerSecond);
}

std::string latency_line(const AlertFeed& feed) {
  const auto& sorted = feed.latencies();
  if (sorted.empty()) return fmt::format("{} alerts.\n", feed.printed());
  return fmt::format("{} alerts; from query to alert {:.0f} ms in the median, {:.0f} ms at most.\n",
                     feed.printed(), sorted[sorted.size() / 2], sorted.back());
}

std::string next_steps(TextStyle style) {
  return "\n" + bold("Next", style) +
         "\n  blockwatch generate --help          make more traffic: files, or your own Kafka\n"
         "  blockwatch check-config --help      write a policy and a catalog, see every mistake at once\n"
         "  blockwatch replay --help            count a year of your own log\n"
         "  README.md                           how it works, how to run it as a service\n\n";
}

/// Until `end`, a stop, or the service's end.
void wait_until(steady_clock::time_point end, const std::atomic<bool>& stop, const ServiceThread& service) {
  while (!stop && !service.over() && steady_clock::now() < end) std::this_thread::sleep_for(kTick);
}

Expected<void> play(std::uint64_t seconds, const std::atomic<bool>& stop, TextStyle style) {
  auto stage = Stage::set();
  if (!stage) return tl::unexpected(stage.error());
  const std::string& brokers = (*stage)->cluster->bootstrap_servers();
  say(opening(seconds, style));

  ServiceThread service((*stage)->configuration);
  auto feed = AlertFeed::start((*stage)->configuration.settings().source.kafka, Stage::kAlertTopic, style);
  if (!feed) return tl::unexpected(feed.error());
  const auto start_deadline = steady_clock::now() + std::chrono::seconds(30);
  while (!service.ready() && !service.over() && !stop && steady_clock::now() < start_deadline)
    std::this_thread::sleep_for(kTick);
  if (!service.ready()) {
    if (auto ended = service.stop(); !ended) return ended;
    return stop ? Expected<void>() : fail(ExitCode::temporary, "the service was not ready within 30 s");
  }

  const TimeNs first_day = bucket_of(wall_clock_now(), kDay);
  say(alert_header(style));
  auto traffic = LiveTraffic::start(brokers, Stage::kQueryTopic, Stage::kPartitions,
                                    (*stage)->configuration.catalog, kQueriesPerSecond);
  if (!traffic) return tl::unexpected(traffic.error());
  wait_until(steady_clock::now() + std::chrono::seconds(seconds), stop, service);
  const auto sent = (*traffic)->stop();
  wait_until(steady_clock::now() + kSettle, stop, service);
  const auto served = service.stop();
  (*feed)->stop();
  if (!served) return served;
  if (!sent) return sent;

  const TimeNs end_day = bucket_of(wall_clock_now(), kDay) + 1;
  auto report = closing_report((*stage)->configuration.settings().state_dir, first_day * kDay, end_day * kDay,
                               (*traffic)->written(), style);
  if (!report) return tl::unexpected(report.error());
  say("\n" + latency_line(**feed) + "\n" + *report + next_steps(style));
  return {};
}

}  // namespace

void add_demo_command(CLI::App& app, int& exit_code) {
  auto seconds = std::make_shared<std::uint64_t>(30);
  CLI::App* command = app.add_subcommand(
      "demo", "See it at work on made-up traffic: no Kafka, no configuration, no input needed");
  command->add_option("--seconds", *seconds, "How long the traffic runs")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{86'400}))
      ->type_name("N");
  command->callback([seconds, &exit_code] {
    std::atomic<bool> stop{false};
    const Signals signals(stop);
    log::configure(log::Level::error, log::Format::logfmt);
    if (auto played = play(*seconds, stop, output_style()); !played) exit_code = print_error(played.error());
  });
}

}  // namespace blockwatch
