#include "bench/micro/corpus.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/time.h"
#include "cli/generate/population.h"
#include "cli/generate/random.h"
#include "cli/generate/schedule.h"
#include "cli/generate/shipped_examples.h"
#include "cli/generate/traffic.h"
#include "config/policy.h"
#include "pipeline/parse.h"

namespace blockwatch::bench {
namespace {

constexpr std::uint64_t kRecords = 131'072;
constexpr std::uint64_t kRecordBytesMax = 65'536;

std::shared_ptr<const Ruleset> compile_examples() {
  auto catalog = std::make_shared<const Catalog>(shipped_catalog());
  Diagnostics diagnostics;
  auto policy = parse_policy("policy.toml", std::string(shipped_policy()), *catalog, diagnostics);
  BW_CHECK(policy.has_value());
  return Ruleset::compile(std::move(catalog), std::make_shared<const Policy>(std::move(*policy)));
}

void generate(Corpus& corpus) {
  const TimeNs from = parse_date("2025-05-20").value();
  const Population population(corpus.ruleset->catalog(), from);
  const Schedule schedule(from, 1, kRecords);
  Traffic traffic(population, {});
  Random random(1);
  std::vector<TimeNs> broker_times;
  for (std::uint64_t n = 0; n < kRecords; ++n) {
    const GeneratedRecord& record = traffic.make(schedule.time_of(n, random));
    corpus.payloads.push_back(record.payload);
    broker_times.push_back(record.broker_time);
  }
  for (std::uint64_t n = 0; n < kRecords; ++n)
    corpus.records.push_back({0, n, broker_times[n], corpus.payloads[n]});
}

void add_time(std::string_view payload, std::vector<std::string>& times) {
  constexpr std::string_view kBefore = R"("time":")";
  const std::size_t begin = payload.find(kBefore);
  if (begin == payload.npos) return;
  const std::string_view rest = payload.substr(begin + kBefore.size());
  times.emplace_back(rest.substr(0, rest.find('"')));
}

void parse(Corpus& corpus) {
  Parser parser(kRecordBytesMax);
  Message message;
  for (const SourceRecord& record : corpus.records) {
    add_time(record.payload, corpus.times);
    if (parser.parse(record, message.event) || expand(message.event, *corpus.ruleset, message.expansion))
      continue;
    message.id = message.event.id;
    message.event.id = {};
    corpus.messages.push_back(message);
  }
}

}  // namespace

const Corpus& corpus() {
  static const Corpus kCorpus = [] {
    Corpus made;
    made.ruleset = compile_examples();
    generate(made);
    parse(made);
    BW_CHECK(made.messages.size() > kRecords / 2 && made.times.size() > kRecords / 2);
    return made;
  }();
  return kCorpus;
}

}  // namespace blockwatch::bench
