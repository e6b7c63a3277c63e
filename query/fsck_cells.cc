#include "query/fsck_cells.h"

#include <functional>
#include <set>

#include "state/cell.h"
#include "state/partition_name.h"
#include "state/retention.h"

namespace blockwatch {
namespace {

constexpr std::int64_t kHoursInDay = kDay / kHour;

using View = std::function<std::uint64_t(const Cell&)>;

std::uint64_t by_code(const Cell& cell) {
  return cell.code;
}

struct Series {
  Cube cube;
  Granularity granularity;
};

// Its buckets' numbers are made coarser, its cells seen through `view`.
CellSums sums_of(const Snapshot& snapshot, Series series, std::int64_t (*coarser)(std::int64_t),
                 const View& view = by_code) {
  CellSums out;
  snapshot.for_each_cell(series.cube, series.granularity, -kAllBuckets, kAllBuckets,
                         [&](const BucketKey& bucket, const CellCount& cell) {
                           out[{bucket.partition, coarser(bucket.number)}].add(view(cell.cell), cell.count);
                         });
  return out;
}

std::int64_t same(std::int64_t number) {
  return number;
}
std::int64_t hour_of_minute(std::int64_t number) {
  return bucket_of(number, kMinutesInRow);
}
std::int64_t day_of_hour(std::int64_t number) {
  return bucket_of(number, kHoursInDay);
}

std::string hour_text(std::int64_t number) {
  return "the hour of " + format_time(number * kHour);
}
std::string month_text(std::int64_t number) {
  return "the month of " + format_utc_day(number * kDay);
}

KeptFrom kept_of(const std::vector<PartitionProgress>& partitions, Series series,
                 std::int64_t (*coarser)(std::int64_t)) {
  KeptFrom kept;
  for (const PartitionProgress& p : partitions)
    if (p.clock != kNoTime)
      kept[p.partition] = coarser(kept_from(retention_of(series.cube, series.granularity), p.clock));
  return kept;
}

// A name that is not there would be shown as another one, or not at all.
Check check_names(const Snapshot& snapshot) {
  Check check{"cells and names"};
  const std::size_t agencies = snapshot.names(Dictionary::agency).size();
  const std::size_t channels = snapshot.names(Dictionary::channel).size();
  const std::size_t oris = snapshot.names(Dictionary::ori).size();
  const auto expect = [&](const BucketKey& bucket, bool is_right) {
    check.expect(is_right, [&] {
      return "partition " + std::to_string(bucket.partition) + ", " + utc_day_text(bucket.number) +
             ": a cell of an agency, a channel or an ORI that has no name";
    });
  };
  snapshot.for_each_cell(Cube::oris, Granularity::day, -kAllBuckets, kAllBuckets,
                         [&](const BucketKey& bucket, const CellCount& c) {
                           const DisclosureCell cell = unpack_disclosure(c.cell.code);
                           expect(bucket, cell.jurisdiction < kJurisdictionCount && cell.agency < agencies &&
                                              cell.channel < channels && c.cell.detail - 1 < oris);
                         });
  snapshot.for_each_cell(Cube::messages, Granularity::day, -kAllBuckets, kAllBuckets,
                         [&](const BucketKey& bucket, const CellCount& c) {
                           expect(bucket, unpack_message(c.cell.code).agency < agencies);
                         });
  return check;
}

// Of a message that reaches some jurisdiction there is an observation of each.
Check check_reach(const std::vector<PartitionProgress>& partitions, const CellSums& messages,
                  const CellSums& observations) {
  Check check{"messages and observations"};
  for (const PartitionProgress& p : partitions) {
    if (p.clock == kNoTime) continue;
    std::set<std::int64_t> days;
    for (const CellSums* sums : {&messages, &observations})
      for (auto at = sums->lower_bound(
               {p.partition, kept_from(retention_of(Cube::messages, Granularity::day), p.clock)});
           at != sums->end() && at->first.first == p.partition; ++at)
        days.insert(at->first.second);
    for (const std::int64_t day : days) {
      const auto count = [&](const CellSums& sums) {
        const auto at = sums.find({p.partition, day});
        return at == sums.end() ? 0 : at->second.count;
      };
      const std::uint64_t asked = count(messages);
      const std::uint64_t reached = count(observations);
      check.expect(asked <= reached && reached <= asked * kJurisdictionCount, [&] {
        return partition_name(p.topic, p.partition) + ", " + utc_day_text(day) + ": " +
               std::to_string(asked) + " messages to some jurisdiction, " + std::to_string(reached) +
               " observations";
      });
    }
  }
  return check;
}

// By partition and cell code.
using QualityCounts = std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t>;

Check check_fates(const Snapshot& snapshot, const std::vector<PartitionProgress>& partitions) {
  Check check{"cells and fates"};
  QualityCounts quality;
  std::map<std::uint32_t, std::uint64_t> counted;
  snapshot.for_each_cell(Cube::quality, Granularity::day, -kAllBuckets, kAllBuckets,
                         [&](const BucketKey& bucket, const CellCount& c) {
                           quality[{bucket.partition, c.cell.code}] += c.count;
                         });
  snapshot.for_each_cell(
      Cube::messages, Granularity::day, -kAllBuckets, kAllBuckets,
      [&](const BucketKey& bucket, const CellCount& c) { counted[bucket.partition] += c.count; });
  for (const PartitionProgress& p : partitions) {
    // What expired is in the fates and in no cell; of a reject only its broker timestamp would tell.
    const bool all_kept =
        p.clock == kNoTime ||
        bucket_of(p.oldest, kDay) >= kept_from(retention_of(Cube::messages, Granularity::day), p.clock);
    const auto compare = [&](const std::string& what, std::uint64_t found, std::uint64_t fate, bool exact) {
      check.expect(exact ? found == fate : found <= fate, [&] {
        return partition_name(p.topic, p.partition) + ": the days count " + std::to_string(found) + ' ' +
               what + ", the partition " + std::to_string(fate);
      });
    };
    const auto of = [&](Quality what) { return quality[{p.partition, static_cast<std::uint64_t>(what)}]; };
    compare("messages", counted[p.partition], p.counted, all_kept);
    compare("duplicates", of(Quality::duplicate), p.duplicate, false);
    compare("out of scope", of(Quality::out_of_scope), p.out_of_scope, false);
    for (std::size_t i = 0; i < kRejectReasonCount; ++i)
      compare("rejects " + std::string(name_of(static_cast<RejectReason>(i))), of(static_cast<Quality>(i)),
              p.by_reason.at(i), false);
    compare("late messages", of(Quality::late), p.late, all_kept);
    compare("evicted ids", of(Quality::dedup_evicted), p.dedup_evicted, all_kept);
    compare("bad destinations", of(Quality::bad_destination_partial), p.bad_destination_partial, all_kept);
    compare("stray results", of(Quality::stray_results), p.stray_results, all_kept);
    compare("unknown codes", of(Quality::unknown_codes), p.unknown_codes, all_kept);
  }
  return check;
}

CellSums messages_to_jurisdictions(const Snapshot& snapshot) {
  CellSums out;
  snapshot.for_each_cell(Cube::messages, Granularity::day, -kAllBuckets, kAllBuckets,
                         [&](const BucketKey& bucket, const CellCount& c) {
                           if (unpack_message(c.cell.code).cls != Class::other)
                             out[{bucket.partition, bucket.number}].add(c.cell.code, c.count);
                         });
  return out;
}

}  // namespace

void CellSum::add(std::uint64_t code, std::uint64_t n) {
  std::uint64_t h = code + 0x9E3779B97F4A7C15ULL;
  h = (h ^ h >> 30U) * 0xBF58476D1CE4E5B9ULL;
  h = (h ^ h >> 27U) * 0x94D049BB133111EBULL;
  count += n;
  mixed += n * (h ^ h >> 31U);
}

std::string utc_day_text(std::int64_t number) {
  return format_utc_day(number * kDay);
}

KeptFrom days_kept(const std::vector<PartitionProgress>& partitions) {
  return kept_of(partitions, {Cube::disclosures, Granularity::day}, same);
}

void compare_sums(const CellSums& left, const CellSums& right, const KeptFrom& kept,
                  const std::vector<PartitionProgress>& partitions, const SumNames& names, Check& check) {
  for (const PartitionProgress& p : partitions) {
    const auto from = kept.find(p.partition);
    if (from == kept.end()) continue;
    std::set<std::int64_t> numbers;
    for (const CellSums* sums : {&left, &right})
      for (auto at = sums->lower_bound({p.partition, from->second});
           at != sums->end() && at->first.first == p.partition; ++at)
        numbers.insert(at->first.second);
    for (const std::int64_t number : numbers) {
      const auto sum = [&](const CellSums& sums) {
        const auto at = sums.find({p.partition, number});
        return at == sums.end() ? CellSum() : at->second;
      };
      const CellSum a = sum(left);
      const CellSum b = sum(right);
      check.expect(a == b, [&] {
        return partition_name(p.topic, p.partition) + ", " + names.bucket(number) + ": " +
               std::string(names.left) + " count " + std::to_string(a.count) + ", " +
               std::string(names.right) + ' ' + std::to_string(b.count) +
               (a.count == b.count ? ", in other cells" : "");
      });
    }
  }
}

std::vector<Check> check_cells(const Snapshot& snapshot) {
  const std::vector<PartitionProgress> partitions = snapshot.partitions();
  std::vector<Check> checks;
  const auto compare = [&](std::string name, const CellSums& left, const CellSums& right,
                           const KeptFrom& kept, const SumNames& names) {
    compare_sums(left, right, kept, partitions, names, checks.emplace_back(Check{std::move(name)}));
  };
  constexpr Series kMinutes{Cube::disclosures, Granularity::minute};
  constexpr Series kHours{Cube::disclosures, Granularity::hour};
  constexpr Series kDays{Cube::disclosures, Granularity::day};
  constexpr Series kMonths{Cube::disclosures, Granularity::month};
  constexpr Series kOris{Cube::oris, Granularity::day};
  const CellSums days = sums_of(snapshot, kDays, same);
  const KeptFrom kept = days_kept(partitions);
  compare("minutes and hours", sums_of(snapshot, kMinutes, hour_of_minute), sums_of(snapshot, kHours, same),
          kept_of(partitions, kMinutes, hour_of_minute), {"the minutes", "the hour", hour_text});
  compare("hours and days", sums_of(snapshot, kHours, day_of_hour), days, kept,
          {"the hours", "the day", utc_day_text});
  const View in_month = [](const Cell& cell) { return code_in_month(cell.code); };
  compare("days and months", sums_of(snapshot, kDays, first_of_month, in_month),
          sums_of(snapshot, kMonths, same), kept_of(partitions, kMonths, same),
          {"the days", "the month", month_text});
  compare("ORIs and days", sums_of(snapshot, kOris, same), days, kept, {"the ORIs", "the day", utc_day_text});
  for (const auto& [cube, name] :
       {std::pair(Cube::messages, "messages"), std::pair(Cube::quality, "quality")})
    compare(std::string(name) + ", hours and days", sums_of(snapshot, {cube, Granularity::hour}, day_of_hour),
            sums_of(snapshot, {cube, Granularity::day}, same), kept, {"the hours", "the day", utc_day_text});
  checks.push_back(check_reach(partitions, messages_to_jurisdictions(snapshot), days));
  checks.push_back(check_names(snapshot));
  checks.push_back(check_fates(snapshot, partitions));
  return checks;
}

}  // namespace blockwatch
