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
#include "cli/generate/year_figures.h"
#include "cli/generate/year_traffic.h"
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
  bool year = false;
  std::string scale = "1";
  std::string tally;
};

// The example policy has a block's gap and its enforcement in this span.
constexpr const char* kDefaultFrom = "2025-05-20";
constexpr std::uint32_t kDefaultPartitions = 4, kPartitionsMax = 10'000;
constexpr std::uint64_t kDaysMax = 3'650, kRecordsMax = 1'000'000'000'000;
constexpr const char* kTallyName = "tally.json";  // in the folder of --out

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

using Sinks = std::vector<std::unique_ptr<RecordSink>>;

Expected<Sinks> sinks_of(const GenerateWords& words, std::uint32_t partitions) {
  Sinks sinks;
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

std::uint64_t per_million(double share) {
  return static_cast<std::uint64_t>(std::llround(share * 1e6));
}

Expected<void> write(const Sinks& sinks, const GeneratedRecord& record) {
  for (const auto& sink : sinks) {
    if (auto ok = sink->write(record); !ok) return ok;
  }
  return {};
}

Expected<void> finish(const Sinks& sinks) {
  for (const auto& sink : sinks) {
    if (auto ok = sink->finish(); !ok) return ok;
  }
  return {};
}

Expected<void> generate_events(const GenerateWords& words) {
  const auto partitions = partitions_of(words);
  if (!partitions) return tl::unexpected(partitions.error());
  const auto from = start_of(words);
  if (!from) return tl::unexpected(from.error());
  const auto catalog = catalog_of(words, *from);
  if (!catalog) return tl::unexpected(catalog.error());
  const auto sinks = sinks_of(words, *partitions);
  if (!sinks) return tl::unexpected(sinks.error());

  const Population population(*catalog, *from);
  TrafficOptions options;
  options.seed = words.seed;
  options.partitions = *partitions;
  options.oddities_per_million = per_million(words.oddities);
  Traffic traffic(population, options);
  const Schedule schedule(*from, words.days, words.events);
  Random times(scatter(words.seed));
  const bool live = words.rate != 0 && words.from.empty();
  Pace pace(words.rate);
  TimeNs now = kTimeMin;
  for (std::uint64_t i = 0; i < words.events; ++i) {
    pace.wait();
    now = std::max(now, live ? wall_clock_now() : schedule.time_of(i, times));
    if (auto ok = write(*sinks, traffic.make(now)); !ok) return ok;
  }
  return finish(*sinks);
}

// The tally is opened first: a name that cannot be written shows before hours of work, not after.
Expected<std::ofstream> open_tally(const GenerateWords& words, std::string& name) {
  std::ofstream file;
  name = !words.tally.empty() ? words.tally : words.out.empty() ? "" : words.out + "/" + kTallyName;
  if (name.empty()) return file;
  file.open(name, std::ios::trunc);
  if (!file) return fail(ExitCode::temporary, "cannot create the tally " + name);
  return file;
}

Expected<void> generate_year(const GenerateWords& words) {
  const auto scale = parse_scale(words.scale);
  YearOptions options;
  if (scale) options.figures = scaled_figures(*scale);
  if (!scale || options.figures.total == 0) {
    return fail(ExitCode::usage, "--scale \"" + words.scale +
                                     "\" is no scale (a number above 0, at most 10, at most nine decimals, "
                                     "that leaves a message: 0.01 makes 2,900,000)");
  }
  const auto partitions = partitions_of(words);
  if (!partitions) return tl::unexpected(partitions.error());
  const auto sinks = sinks_of(words, *partitions);
  if (!sinks) return tl::unexpected(sinks.error());
  std::string tally_name;
  auto tally = open_tally(words, tally_name);
  if (!tally) return tl::unexpected(tally.error());

  options.seed = words.seed;
  options.partitions = *partitions;
  options.oddities_per_million = per_million(words.oddities);
  const Catalog catalog = shipped_catalog();
  YearTraffic traffic(catalog, options);
  Pace pace(words.rate);
  while (const GeneratedRecord* record = traffic.next()) {
    pace.wait();
    if (auto ok = write(*sinks, *record); !ok) return ok;
  }
  if (auto ok = finish(*sinks); !ok) return ok;
  if (tally_name.empty()) return {};
  *tally << traffic.tally().to_json(words.seed, words.scale) << std::flush;
  if (!*tally) return fail(ExitCode::temporary, "cannot write the tally " + tally_name);
  return {};
}

Expected<void> generate(const GenerateWords& words) {
  if (words.year) return generate_year(words);
  if (words.events == 0) {
    return fail(ExitCode::usage,
                "--events N (so many records) or --year (the letter's year) is needed: how much?");
  }
  return generate_events(words);
}

void add_amount_options(CLI::App& command, GenerateWords& words) {
  auto* events = command.add_option("--events", words.events, "How many records")
                     ->check(CLI::Range(std::uint64_t{1}, kRecordsMax))
                     ->type_name("N");
  auto* from = command
                   .add_option("--from", words.from,
                               std::string("First moment, a time or a date (") + kDefaultFrom + ")")
                   ->type_name("TIME");
  auto* days = command.add_option("--days", words.days, "How many days the records are spread over")
                   ->capture_default_str()
                   ->check(CLI::Range(std::uint64_t{1}, kDaysMax))
                   ->type_name("N");
  auto* agencies =
      command.add_option("--agencies", words.agencies, "agencies.toml of those who ask (the example)")
          ->type_name("FILE");
  auto* oris =
      command.add_option("--oris", words.oris, "oris.csv of those who ask (the example)")->type_name("FILE");
  agencies->needs(oris);
  oris->needs(agencies);

  auto* year =
      command.add_flag("--year", words.year,
                       "The letter's year, 2024-10-01 to 2025-10-01: 290,000,000 messages that count, "
                       "292,114 of them by ICE without HSI, 605,116 by HSI");
  for (auto* other : {events, from, days, agencies, oris}) year->excludes(other);
  command.add_option("--scale", words.scale, "Of --year: multiplies each of the three figures, rounded")
      ->capture_default_str()
      ->needs(year)
      ->type_name("X");
  command
      .add_option("--tally", words.tally,
                  "Of --year: where to write what it holds, as JSON (tally.json in the folder of --out)")
      ->needs(year)
      ->type_name("FILE");
}

void add_target_options(CLI::App& command, GenerateWords& words) {
  command
      .add_option("--out", words.out,
                  "Write files into this folder; without it and --to-kafka: standard output")
      ->type_name("DIR");
  command.add_option("--to-kafka", words.to_kafka, "Write to a topic; creates it if it does not exist")
      ->type_size(3)
      ->expected(1)
      ->type_name("BROKERS TOPIC PARTITIONS");
  command
      .add_option("--partitions", words.partitions, "Files of --out (4, unless --to-kafka says otherwise)")
      ->check(CLI::Range(std::uint32_t{1}, kPartitionsMax))
      ->type_name("N");
  command
      .add_option("--rate", words.rate,
                  "Records a second; without --from and --year their times are now (as fast as it goes)")
      ->check(CLI::Range(std::uint64_t{1}, kRecordsMax))
      ->type_name("N");
}

constexpr const char* kFooter =
    "Everyone and everything in it is made up. The same version and seed give the same bytes on every\n"
    "machine, however many partitions they are spread over. A record's key is the event's id; its\n"
    "partition is a hash of the key; its broker timestamp is shortly after the event's time. --out\n"
    "writes p0.ndjson ... and beside each pN.ts with those timestamps; with --to-kafka as well, files\n"
    "and topic hold the same records in the same order.\n\n"
    "What it looks like: more by day and on weekdays; a few agencies and offices ask often, most\n"
    "rarely; big states are asked more; one to five codes, an agency, a region or every state (NL);\n"
    "every class, channel, outcome and purpose, photos, outcomes by destination. Of the odd records\n"
    "(--oddities) a fifth repeat an id, some of them with other content; 15 % are rejected, for every\n"
    "reason there is; the rest are spelled oddly, name odd destinations, come from an asker whom the\n"
    "catalog does not know, no longer knows or calls inactive, or are late by minutes to a year.\n\n"
    "--year counts messages as `blockwatch report --unit messages` does: duplicates, rejects and\n"
    "records out of scope come on top. It asks in the names of the example catalog, its ids are\n"
    "unique, and its tally is added up from what each record was meant to be. A year takes minutes\n"
    "and 110 GB: `blockwatch generate --year --tally year.json | zstd > year.ndjson.zst` keeps less.";

}  // namespace

void add_generate_command(CLI::App& app, int& exit_code) {
  auto words = std::make_shared<GenerateWords>();
  CLI::App* command =
      app.add_subcommand("generate", "Write made-up traffic: every kind of query, outcome and oddity");
  command->footer(kFooter);
  add_amount_options(*command, *words);
  command->add_option("--seed", words->seed, "Which traffic")->capture_default_str()->type_name("N");
  command->add_option("--oddities", words->oddities, "Share of odd, late, repeated and bad records, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SHARE");
  add_target_options(*command, *words);
  command->callback([words, &exit_code] {
    if (auto ok = generate(*words); !ok) {
      std::fprintf(stderr, "blockwatch generate: %s\n", ok.error().message.c_str());
      exit_code = static_cast<int>(ok.error().code);
    }
  });
}

}  // namespace blockwatch
