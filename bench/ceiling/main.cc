// bench_ceiling raw|typed: how fast a topic can be read at all, and how fast it can be read and understood.
// Prints one line of JSON; bench/README.md says what each figure is.
#include <sys/resource.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "bench/ceiling/event_reader.h"
#include "bench/ceiling/topic_reader.h"

namespace blockwatch::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Words {
  std::string mode, bootstrap, topic;
};

struct Totals {
  std::uint64_t records = 0, bytes = 0, invalid = 0;
  std::uint64_t checksum = 0;  // of what was typed: so that no compiler leaves it out, and equal in every run
};

class Raw {
 public:
  static void read(const rd_kafka_message_t& message, Totals& totals) { totals.bytes += message.len; }
};

class Typed {
 public:
  void read(const rd_kafka_message_t& message, Totals& totals) {
    totals.bytes += message.len;
    const auto* payload = static_cast<const char*>(message.payload);
    if (!reader_.read(payload, payload == nullptr ? 0 : message.len, event_)) {
      ++totals.invalid;
      return;
    }
    std::uint64_t ori = 0;
    std::memcpy(&ori, event_.ori.text.data(), sizeof ori);
    totals.checksum += static_cast<std::uint64_t>(event_.time) ^ ori;
    totals.checksum += event_.id.size() + event_.destination_count + event_.results.size() +
                       static_cast<std::uint64_t>(event_.outcome) + event_.channel.size + event_.key.size +
                       event_.line.size + event_.purpose.size + event_.reason.size + (event_.photo ? 1 : 0);
  }

 private:
  EventReader reader_;
  TypedEvent event_;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void print(const Totals& totals, Clock::duration since_assigned, Clock::duration since_first) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  std::printf("{\"records\":%" PRIu64 ",\"payload_bytes\":%" PRIu64 ",\"invalid\":%" PRIu64
              ",\"checksum\":\"%016" PRIx64
              "\",\"seconds\":%.6f,\"seconds_from_first\":%.6f,\"cpu_seconds\":%.6f,"
              "\"rss_max_bytes\":%ld}\n",
              totals.records, totals.bytes, totals.invalid, totals.checksum,
              std::chrono::duration<double>(since_assigned).count(),
              std::chrono::duration<double>(since_first).count(),
              seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss * 1024);
}

template <class Job>
Expected<void> run(const Words& words) {
  Job job;
  Totals totals;
  auto reader = TopicReader::open(words.bootstrap, words.topic);
  if (!reader) return tl::unexpected(reader.error());
  const auto assigned = Clock::now();
  if (auto done = (*reader)->assign(); !done) return done;
  std::optional<Clock::time_point> first;
  auto last = assigned;
  for (;;) {
    const auto batch = (*reader)->next();
    if (!batch) return tl::unexpected(batch.error());
    if (batch->empty()) break;
    if (!first) first = Clock::now();
    for (const rd_kafka_message_t* message : *batch) job.read(*message, totals);
    totals.records += batch->size();
    last = Clock::now();
  }
  print(totals, last - assigned, last - first.value_or(last));
  return {};
}

}  // namespace
}  // namespace blockwatch::bench

int main(int argc, char** argv) {
  CLI::App app("Reads a topic once from end to end and says how long that took.", "bench_ceiling");
  blockwatch::bench::Words words;
  app.add_option("mode", words.mode, "raw: reads only; typed: and understands every record")
      ->required()
      ->check(CLI::IsMember({"raw", "typed"}));
  app.add_option("--bootstrap", words.bootstrap, "The broker, HOST:PORT")->required();
  app.add_option("--topic", words.topic, "What to read")->required();
  CLI11_PARSE(app, argc, argv);
  const auto done = words.mode == "raw" ? blockwatch::bench::run<blockwatch::bench::Raw>(words)
                                        : blockwatch::bench::run<blockwatch::bench::Typed>(words);
  if (done) return 0;
  std::fprintf(stderr, "bench_ceiling: %s\n", done.error().message.c_str());
  return static_cast<int>(done.error().code);
}
