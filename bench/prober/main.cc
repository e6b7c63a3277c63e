// bench_prober: live traffic with a few blocked queries in it, and how long until each one's alert is visible
// to a subscriber. One process and one clock. Prints one line of JSON.
#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/domain.h"
#include "base/error.h"
#include "bench/prober/alert_watch.h"
#include "bench/prober/live_topic.h"

namespace blockwatch::bench {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::seconds kLastAlertMax{5};
constexpr unsigned kSeed = 1;

struct Words {
  std::string bootstrap, topic, alerts, background;
  std::vector<std::string> blocked;
  std::uint32_t partitions = 4;
  std::uint64_t rate = 1000, probe_rate = 5;
  std::uint64_t warm_up_seconds = 3, seconds = 60;
};

struct Sent {
  std::uint64_t records = 0, probes = 0;  // probes: those after the warm-up
  Clock::time_point warm;
};

/// The `slot`-th moment of an even pace; `jitter` of it, from 0 to 1.
nanoseconds moment(std::uint64_t slot, double jitter, std::uint64_t rate) {
  return nanoseconds(std::llround((static_cast<double>(slot) + jitter) * 1e9 / static_cast<double>(rate)));
}

/// Probes fall anywhere between the others, not at a fixed distance from anything that has a period.
Expected<Sent> send_traffic(const Words& words, LiveTopic& topic, AlertWatch& alerts) {
  std::mt19937 random(kSeed);
  std::uniform_real_distribution<double> jitter(0, 1);
  const auto start = Clock::now();
  Sent sent;
  sent.warm = start + std::chrono::seconds(words.warm_up_seconds);
  const auto end = sent.warm + std::chrono::seconds(words.seconds);
  std::uint64_t probe = 0;
  std::uint64_t other = 0;
  auto probe_due = start + moment(0, jitter(random), words.probe_rate);
  for (;;) {
    const auto other_due = start + moment(other, 0, words.rate);
    const auto due = std::min(probe_due, other_due);
    if (due >= end) return sent;
    std::this_thread::sleep_until(due);
    if (due == other_due) {
      topic.compose(sent.records++, words.background, "TX");
      ++other;
    } else {
      const std::string& ori = words.blocked[probe % words.blocked.size()];
      const std::string state(jurisdiction_code(static_cast<Jurisdiction>(probe / words.blocked.size())));
      topic.compose(sent.records++, ori, state);
      if (due >= sent.warm) ++sent.probes;
      probe_due = start + moment(++probe, jitter(random), words.probe_rate);
      alerts.sent(probe_name(ori, state), Clock::now());
    }
    if (auto done = topic.send(); !done) return tl::unexpected(done.error());
  }
}

double percentile_ms(const std::vector<nanoseconds>& ascending, double share) {
  if (ascending.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(ascending.size())));
  return static_cast<double>(ascending[std::max<std::size_t>(rank, 1) - 1].count()) / 1e6;
}

Expected<void> run(const Words& words) {
  const std::uint64_t probes = words.probe_rate * (words.warm_up_seconds + words.seconds) + 1;
  if (probes > words.blocked.size() * kJurisdictionCount) {
    return fail(ExitCode::usage, std::to_string(probes) + " probes need more ORIs: each one asks each of " +
                                     std::to_string(kJurisdictionCount) + " jurisdictions once");
  }
  auto alerts = AlertWatch::start(words.bootstrap, words.alerts);
  if (!alerts) return tl::unexpected(alerts.error());
  auto topic = LiveTopic::open(words.bootstrap, words.topic, words.partitions);
  if (!topic) return tl::unexpected(topic.error());
  const auto sent = send_traffic(words, **topic, **alerts);
  if (!sent) return tl::unexpected(sent.error());
  if (auto done = (*topic)->flush(); !done) return done;

  const auto deadline = Clock::now() + kLastAlertMax;
  auto seen = (*alerts)->latencies(sent->warm);
  while (seen.size() < sent->probes && Clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    seen = (*alerts)->latencies(sent->warm);
  }
  std::sort(seen.begin(), seen.end());
  std::printf("{\"records\":%" PRIu64 ",\"probes\":%" PRIu64
              ",\"seen\":%zu,\"min_ms\":%.3f,\"p50_ms\":%.3f,"
              "\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
              sent->records, sent->probes, seen.size(), percentile_ms(seen, 0), percentile_ms(seen, 0.5),
              percentile_ms(seen, 0.99), percentile_ms(seen, 1));
  return {};
}

}  // namespace
}  // namespace blockwatch::bench

int main(int argc, char** argv) {
  CLI::App app("Sends live traffic and measures how long each alert takes.", "bench_prober");
  blockwatch::bench::Words words;
  app.add_option("--bootstrap", words.bootstrap, "The broker, HOST:PORT")->required();
  app.add_option("--topic", words.topic, "Where the queries go")->required();
  app.add_option("--partitions", words.partitions, "How many the topic has")->check(CLI::PositiveNumber);
  app.add_option("--alerts", words.alerts, "Where the alerts come")->required();
  app.add_option("--background", words.background, "The ORI of the queries that raise nothing")->required();
  app.add_option("--blocked", words.blocked, "ORIs of different agencies that every jurisdiction has blocked")
      ->required();
  app.add_option("--rate", words.rate, "Queries a second that raise nothing")->check(CLI::PositiveNumber);
  app.add_option("--probe-rate", words.probe_rate, "Blocked queries a second")->check(CLI::PositiveNumber);
  app.add_option("--warm-up", words.warm_up_seconds, "Seconds before what counts");
  app.add_option("--seconds", words.seconds, "Seconds that count")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const auto done = blockwatch::bench::run(words);
  if (done) return 0;
  std::fprintf(stderr, "bench_prober: %s\n", done.error().message.c_str());
  return static_cast<int>(done.error().code);
}
