#include "query/fsck_evidence.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/alert/incident.h"
#include "pipeline/alert/raised.h"
#include "pipeline/gap_decision.h"
#include "pipeline/rules_by_time.h"
#include "query/fsck_cells.h"
#include "state/cell.h"
#include "state/partition_name.h"

namespace blockwatch {
namespace {

bool stands_in_evidence(Verdict verdict) {
  return verdict != Verdict::none && verdict != Verdict::shadow;
}

// Evidence does not tell the channel.
std::uint64_t without_channel(DisclosureCell cell) {
  cell.channel = 0;
  return pack(cell);
}

/// What the evidence says was observed, and raised.
class Retold {
 public:
  explicit Retold(const Snapshot& snapshot)
      : agencies_(snapshot.names(Dictionary::agency)), policies_(snapshot.names(Dictionary::policy)) {
    for (const PartitionProgress& p : snapshot.partitions()) topics_[p.partition] = p.topic;
  }

  void add(const Evidence& e) {
    observe(e);
    const auto policy = text(policies_, e.policy);
    const auto agency = text(agencies_, e.agency);
    if (!e.exception.empty()) {
      ++uses[exception_name(policy, e.exception)];
      return;
    }
    for (const IncidentKind kind : raised_by_policy(e.verdict, {e.jurisdiction, e.via, e.outcome}))
      count(e, {std::string(name_of(kind)), policy, std::string(jurisdiction_code(e.jurisdiction)), agency,
                format_utc_day(e.time)});
  }

  void finish() { take_observation(); }

  CellSums observed;  // by day, with the verdict of all policies
  std::map<IncidentKey, IncidentCounters> raised;
  std::map<std::string, std::uint64_t> uses;  // by exception

 private:
  static std::string text(const std::vector<std::string>& names, DictionaryId id) {
    return id < names.size() ? names[id] : "?";
  }

  // The pieces of one observation come one after the other, one a policy; the first of their verdicts is its.
  void observe(const Evidence& e) {
    if (!is_begun_ || !is_same_observation(e)) {
      take_observation();
      observation_ = e;
      is_begun_ = true;
    }
    observation_.verdict = std::min(observation_.verdict, e.verdict);
  }

  bool is_same_observation(const Evidence& e) const {
    return e.partition == observation_.partition && e.epoch == observation_.epoch &&
           e.offset == observation_.offset && e.jurisdiction == observation_.jurisdiction;
  }

  void take_observation() {
    if (!std::exchange(is_begun_, false)) return;
    const Evidence& e = observation_;
    observed[{e.partition, bucket_of(e.time, kDay)}].add(
        without_channel({e.jurisdiction, e.agency, 0, e.cls, e.photo, e.outcome, e.verdict}), 1);
  }

  void count(const Evidence& e, const IncidentKey& key) {
    IncidentCounters& c = raised[key];
    ++c.count;
    c.photo += e.photo ? 1 : 0;
    ++c.by_outcome.at(static_cast<std::size_t>(e.outcome));
    ++c.by_class.at(static_cast<std::size_t>(e.cls));
    Sighting sighting{e.time, topics_[e.partition], e.partition, e.offset, e.ori.str()};
    if (!c.first || sighting < *c.first) c.first = sighting;
    if (!c.last || sighting > *c.last) c.last = std::move(sighting);
  }

  std::vector<std::string> agencies_, policies_;
  std::map<std::uint32_t, std::string> topics_;
  Evidence observation_;
  bool is_begun_ = false;
};

Check compare_days(const Snapshot& snapshot, const CellSums& observed) {
  Check check{"evidence and days"};
  CellSums days;
  snapshot.for_each_cell(Cube::disclosures, Granularity::day, -kAllBuckets, kAllBuckets,
                         [&](const BucketKey& bucket, const CellCount& c) {
                           const DisclosureCell cell = unpack_disclosure(c.cell.code);
                           if (stands_in_evidence(cell.verdict))
                             days[{bucket.partition, bucket.number}].add(without_channel(cell), c.count);
                         });
  const std::vector<PartitionProgress> partitions = snapshot.partitions();
  compare_sums(observed, days, days_kept(partitions), partitions,
               {"the evidence", "the day's cells under a policy", utc_day_text}, check);
  return check;
}

bool is_told_by_evidence(std::string_view kind) {
  for (const IncidentKind told :
       {IncidentKind::block_leak, IncidentKind::blocked_query, IncidentKind::blocked_attempt,
        IncidentKind::broadcast_by_blocked, IncidentKind::enforcement_gap, IncidentKind::watch})
    if (kind == name_of(told)) return true;
  return false;
}

std::string words_of(const IncidentKey& key) {
  std::string out;
  for (const std::string* part : {&key.kind, &key.policy, &key.jurisdiction, &key.agency, &key.day})
    out += (out.empty() ? "" : " ") + *part;
  return out;
}

bool same(const IncidentCounters& a, const IncidentCounters& b) {
  return a.count == b.count && a.photo == b.photo && a.by_outcome == b.by_outcome &&
         a.by_class == b.by_class && a.first == b.first && a.last == b.last;
}

Check compare_incidents(const Snapshot& snapshot, Retold retold) {
  Check check{"evidence and incidents"};
  std::map<std::string, std::uint64_t> uses;
  for (const IncidentSummary& incident : snapshot.incidents("", "")) {
    if (incident.key.kind == name_of(IncidentKind::exception_exceeded))
      uses[incident.key.policy] += incident.counters.count;
    if (!is_told_by_evidence(incident.key.kind)) continue;
    const auto told = retold.raised.find(incident.key);
    const IncidentCounters by_evidence = told == retold.raised.end() ? IncidentCounters() : told->second;
    check.expect(same(by_evidence, incident.counters), [&] {
      return "incident " + incident.id + " (" + words_of(incident.key) + "): counts " +
             std::to_string(incident.counters.count) + ", the evidence " + std::to_string(by_evidence.count);
    });
    if (told != retold.raised.end()) retold.raised.erase(told);
  }
  for (const auto& [key, counters] : retold.raised)
    check.expect(false, [&, &key = key, &counters = counters] {
      return words_of(key) + ": no incident, but evidence of " + std::to_string(counters.count);
    });
  for (const auto& [exception, count] : uses) retold.uses.try_emplace(exception, 0);
  for (const auto& [exception, told] : retold.uses) {
    const std::uint64_t used = uses[exception];
    check.expect(used == told, [&, &exception = exception, told = told] {
      return "exception " + exception + ": " + std::to_string(used) + " uses, the evidence tells of " +
             std::to_string(told);
    });
  }
  return check;
}

/// The offsets of a partition's epoch that were counted, as [from, to).
using Ranges =
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::pair<std::uint64_t, std::uint64_t>>>;

Ranges ranges_of(const Snapshot& snapshot) {
  Ranges out;
  for (const Gap& gap : snapshot.gaps())
    if (divides(gap)) out[{gap.partition, gap.epoch}].emplace_back(gap.first_offset, gap.position);
  for (const PartitionProgress& p : snapshot.partitions())
    out[{p.partition, p.epoch}].emplace_back(p.first_offset, p.next_offset);
  return out;
}

std::string place_text(const RecordPlace& place) {
  return "partition " + std::to_string(place.partition) + ", epoch " + std::to_string(place.epoch) +
         ", offset " + std::to_string(place.offset);
}

Check check_places(const Snapshot& snapshot) {
  Check check{"offsets, fates, rejects and evidence"};
  const Ranges ranges = ranges_of(snapshot);
  const auto was_counted = [&](const RecordPlace& place) {
    const auto at = ranges.find({place.partition, place.epoch});
    return at != ranges.end() && std::any_of(at->second.begin(), at->second.end(), [&](const auto& range) {
             return place.offset >= range.first && place.offset < range.second;
           });
  };
  std::map<std::uint32_t, std::array<std::uint64_t, kRejectReasonCount>> reasons;
  std::vector<RecordPlace> rejected;  // in order
  snapshot.for_each_reject({}, [&](const RejectRecord& r) {
    const RecordPlace place{r.partition, r.epoch, r.offset};
    check.expect(was_counted(place), [&] {
      return place_text(place) + ": rejected, but not among the offsets that were counted";
    });
    ++reasons[r.partition].at(static_cast<std::size_t>(r.reason));
    rejected.push_back(place);
    return true;
  });
  snapshot.for_each_evidence([&](const Evidence& e) {
    const RecordPlace place{e.partition, e.epoch, e.offset};
    check.expect(was_counted(place) && !std::binary_search(rejected.begin(), rejected.end(), place), [&] {
      return place_text(place) + ": evidence of a record that was rejected or not counted";
    });
  });
  for (const PartitionProgress& p : snapshot.partitions()) {
    std::uint64_t passed = 0;
    for (const auto& [part, spans] : ranges)
      if (part.first == p.partition)
        for (const auto& [from, to] : spans) passed += to - from;
    const std::string name = partition_name(p.topic, p.partition);
    const auto by_reason = std::accumulate(p.by_reason.begin(), p.by_reason.end(), std::uint64_t{0});
    check.expect(p.consumed() <= passed, [&] {
      return name + ": " + std::to_string(p.consumed()) + " records on " + std::to_string(passed) +
             " offsets";
    });
    check.expect(by_reason == p.rejected, [&] {
      return name + ": " + std::to_string(p.rejected) + " rejects, by reason " + std::to_string(by_reason);
    });
    check.expect(reasons[p.partition] == p.by_reason,
                 [&] { return name + ": the rejects are not those that it counts by reason"; });
  }
  return check;
}

}  // namespace

std::vector<Check> check_evidence(const Snapshot& snapshot) {
  Retold retold(snapshot);
  snapshot.for_each_evidence([&](const Evidence& e) { retold.add(e); });
  retold.finish();
  std::vector<Check> checks;
  checks.push_back(compare_days(snapshot, retold.observed));
  checks.push_back(compare_incidents(snapshot, std::move(retold)));
  checks.push_back(check_places(snapshot));
  return checks;
}

}  // namespace blockwatch
