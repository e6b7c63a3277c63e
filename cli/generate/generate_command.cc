// `blockwatch generate`: made-up traffic to standard output, files or a topic.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/generate/population.h"
#include "cli/generate/record_sink.h"
#include "cli/generate/schedule.h"
#include "cli/generate/shipped_examples.h"
#include "cli/generate/traffic.h"
#include "config/catalog.h"
#include "config/diagnostic.h"

namespace blockwatch {
namespace {

struct GenerateWords {
  std::uint64_t events = 0;
  std::uint64_t seed = 1;
  std::string out;
  std::vector<std::string> to_kafka;  // brokers, topic, partitions
  std::uint32_t partitions = 0;       // 0: not given
  std::string from;
  std::uint64_t days = 28;
  std::string agencies, oris;
  std::uint64_t rate = 0;  // 0: as fast as it goes
  double oddities = 0.02;
};

// The example policy has a block's gap and its enforcement in this span.
constexpr const char* kDefaultFrom = "2025-05-20";
constexpr std::uint32_t kDefaultPartitions = 4, kPartitionsMax = 10'000;
constexpr std::uint64_t kDaysMax = 3'650, kRecordsMax = 1'000'000'000'000;

/// Lets `per_second` through.
class Pace {
 public:
  explicit Pace(std::uint64_t per_second) : per_second_(per_second) {}
  void wait() {
    if (per_second_ == 0) return;
    const auto due =
        start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(sent_++ * 1'000'000'000 / per_second_));
    if (due > std::chrono::steady_clock::now()) std::this_thread::sleep_until(due);
  }

 private:
  std::uint64_t per_second_;
  std::uint64_t sent_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::optional<std::uint32_t> partition_count(const std::string& text) {
  std::uint64_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || n > kPartitionsMax) return std::nullopt;
    n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (n == 0 || n > kPartitionsMax) return std::nullopt;
  return static_cast<std::uint32_t>(n);
}

Expected<std::uint32_t> partitions_of(const GenerateWords& words) {
  if (words.to_kafka.empty()) return words.partitions == 0 ? kDefaultPartitions : words.partitions;
  const auto partitions = partition_count(words.to_kafka[2]);
  if (!partitions) {
    return fail(ExitCode::usage, "--to-kafka BROKERS TOPIC PARTITIONS: \"" + words.to_kafka[2] +
                                     "\" is not a number of partitions (1 to " +
                                     std::to_string(kPartitionsMax) + ")");
  }
  if (words.partitions != 0 && words.partitions != *partitions) {
    return fail(ExitCode::usage, "--partitions " + std::to_string(words.partitions) +
                                     " and --to-kafka with " + std::to_string(*partitions) +
                                     " differ: files and topic are cut alike (leave --partitions away)");
  }
  return *partitions;
}

Expected<std::string> read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad())
    return fail(ExitCode::bad_config, "cannot read " + name + " (does it exist, may you read it?)");
  return bytes;
}

Expected<Catalog> catalog_of(const GenerateWords& words, TimeNs at) {
  if (words.agencies.empty()) return shipped_catalog();
  auto agencies = read_file(words.agencies);
  if (!agencies) return tl::unexpected(agencies.error());
  auto oris = read_file(words.oris);
  if (!oris) return tl::unexpected(oris.error());
  Diagnostics diagnostics;
  auto catalog =
      parse_catalog(words.agencies, std::move(*agencies), words.oris, std::move(*oris), diagnostics);
  if (!catalog) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.all())
      text += (text.empty() ? "" : "\n") + to_text(diagnostic);
    return fail(ExitCode::bad_config, text);
  }
  const bool somebody = std::any_of(catalog->oris.begin(), catalog->oris.end(), [at](const OriRow& row) {
    return !row.inactive && row.validity.contains(at);
  });
  if (!somebody) {
    return fail(ExitCode::bad_config,
                words.oris + " has no active row that is valid at the first moment: nobody would ask");
  }
  return std::move(*catalog);
}

Expected<std::vector<std::unique_ptr<RecordSink>>> sinks_of(const GenerateWords& words,
                                                            std::uint32_t partitions) {
  std::vector<std::unique_ptr<RecordSink>> sinks;
  if (!words.out.empty()) {
    auto sink = make_folder_sink(words.out, partitions);
    if (!sink) return tl::unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  if (!words.to_kafka.empty()) {
    auto sink = make_topic_sink(words.to_kafka[0], words.to_kafka[1], partitions);
    if (!sink) return tl::unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  if (sinks.empty()) sinks.push_back(make_stdout_sink());
  return sinks;
}

Expected<TimeNs> start_of(const GenerateWords& words) {
  const std::string text = words.from.empty() ? kDefaultFrom : words.from;
  auto time = parse_rfc3339(text);
  if (!time) time = parse_date(text);
  if (!time)
    return fail(ExitCode::usage,
                "--from \"" + text + "\" is no time (2025-11-12T14:00:00Z) and no date (2025-11-12)");
  return *time;
}

Expected<void> generate(const GenerateWords& words) {
  const auto partitions = partitions_of(words);
  if (!partitions) return tl::unexpected(partitions.error());
  const auto from = start_of(words);
  if (!from) return tl::unexpected(from.error());
  const auto catalog = catalog_of(words, *from);
  if (!catalog) return tl::unexpected(catalog.error());
  auto sinks = sinks_of(words, *partitions);
  if (!sinks) return tl::unexpected(sinks.error());

  const Population population(*catalog, *from);
  TrafficOptions options;
  options.seed = words.seed;
  options.partitions = *partitions;
  options.oddities_per_million = static_cast<std::uint64_t>(std::llround(words.oddities * 1e6));
  Traffic traffic(population, options);
  const Schedule schedule(*from, words.days, words.events);
  Random times(scatter(words.seed));
  const bool live = words.rate != 0 && words.from.empty();
  Pace pace(words.rate);
  TimeNs now = kTimeMin;
  for (std::uint64_t i = 0; i < words.events; ++i) {
    pace.wait();
    now = std::max(now, live ? wall_clock_now() : schedule.time_of(i, times));
    const GeneratedRecord& record = traffic.make(now);
    for (const auto& sink : *sinks) {
      if (auto ok = sink->write(record); !ok) return ok;
    }
  }
  for (const auto& sink : *sinks) {
    if (auto ok = sink->finish(); !ok) return ok;
  }
  return {};
}

}  // namespace

void add_generate_command(CLI::App& app, int& exit_code) {
  auto words = std::make_shared<GenerateWords>();
  CLI::App* command =
      app.add_subcommand("generate", "Write made-up traffic: every kind of query, outcome and oddity");
  command->footer(
      "Everyone and everything in it is made up. The same seed gives the same bytes on every machine.\n"
      "A record's key is the event's id; its partition is a hash of the key; its broker timestamp is\n"
      "shortly after the event's time. --out writes p0.ndjson ... and beside each pN.ts with those\n"
      "timestamps; with --to-kafka as well, files and topic hold the same records in the same order.");
  command->add_option("--events", words->events, "How many records")
      ->required()
      ->check(CLI::Range(std::uint64_t{1}, kRecordsMax))
      ->type_name("N");
  command->add_option("--seed", words->seed, "Which traffic")->capture_default_str()->type_name("N");
  command->add_option("--out", words->out, "Write files into this folder")->type_name("DIR");
  command->add_option("--to-kafka", words->to_kafka, "Write to a topic; creates it if it does not exist")
      ->type_size(3)
      ->expected(1)
      ->type_name("BROKERS TOPIC PARTITIONS");
  command
      ->add_option("--partitions", words->partitions, "Files of --out (4, unless --to-kafka says otherwise)")
      ->check(CLI::Range(std::uint32_t{1}, kPartitionsMax))
      ->type_name("N");
  command
      ->add_option("--from", words->from,
                   std::string("First moment, a time or a date (") + kDefaultFrom + ")")
      ->type_name("TIME");
  command->add_option("--days", words->days, "How many days the records are spread over")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, kDaysMax))
      ->type_name("N");
  auto* agencies =
      command->add_option("--agencies", words->agencies, "agencies.toml of those who ask (the example)")
          ->type_name("FILE");
  auto* oris = command->add_option("--oris", words->oris, "oris.csv of those who ask (the example)")
                   ->type_name("FILE");
  agencies->needs(oris);
  oris->needs(agencies);
  command->add_option("--rate", words->rate, "Records a second; without --from their times are now")
      ->check(CLI::Range(std::uint64_t{1}, kRecordsMax))
      ->type_name("N");
  command->add_option("--oddities", words->oddities, "Share of odd, late, repeated and bad records, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SHARE");
  command->callback([words, &exit_code] {
    if (auto ok = generate(*words); !ok) {
      std::fprintf(stderr, "blockwatch generate: %s\n", ok.error().message.c_str());
      exit_code = static_cast<int>(ok.error().code);
    }
  });
}

}  // namespace blockwatch
