// Writing the cubes: what a commit adds to their rows, which runs of a row become one, and what expires.
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "state/failure.h"
#include "state/page.h"
#include "state/retention.h"
#include "state/store_impl.h"

namespace blockwatch {
namespace {

/// A month is gathered once the partition's clock is so far beyond its end, so that what comes late is in
/// it; what comes later still stands beside it.
constexpr TimeNs kMonthGatheredAfter = 3 * kDay;

}  // namespace

Expected<void> Store::Impl::expire_rows(const CommitBatch& in, Batch& out) {
  for (const PartitionProgress& p : in.progress) {
    if (p.clock == kNoTime) continue;
    for (const Retention& r : kRetention)
      if (auto ok = expire_series(row_of({p.partition, r.cube, r.granularity, kept_from(r, p.clock)}), out);
          !ok)
        return ok;
  }
  return {};
}

Expected<void> Store::Impl::expire_series(const RowKey& floor, Batch& out) {
  const auto [known, is_first] =
      floors.try_emplace({floor.partition, floor.cube, floor.granularity}, floor.number);
  if (!is_first && floor.number <= known->second) return {};
  KeyRange gone = counter_range(floor.partition, floor.cube, floor.granularity);
  if (!is_first) gone.from = row_range({floor.partition, floor.cube, floor.granularity, known->second}).from;
  gone.to = row_range(floor).from;
  known->second = floor.number;
  // Ten years pass before most series have anything to delete; a tombstone a day would slow every read.
  bool any = false;
  const rocksdb::Status status =
      db->scan(rocksdb::ReadOptions(), gone, [&](std::string_view, std::string_view) {
        any = true;
        return false;
      });
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  if (!any) return {};
  out.erase(gone);
  runs->forget_before(floor);
  return {};
}

bool Store::Impl::is_expired(const RowKey& row) const {
  const auto floor = floors.find({row.partition, row.cube, row.granularity});
  return floor != floors.end() && row.number < floor->second;
}

Expected<std::string> Store::Impl::merge_stored(const RowKey& row, std::size_t first, std::size_t end,
                                                std::string_view added) {
  std::vector<std::string> stored;
  bool intact = true;
  const KeyRange range{counter_key(row, static_cast<std::uint32_t>(first)),
                       counter_key(row, static_cast<std::uint32_t>(end))};
  const rocksdb::Status status =
      db->scan(rocksdb::ReadOptions(), range, [&](std::string_view key, std::string_view value) {
        const auto place = counter_key_of(key);
        intact = place && place->run == first + stored.size();
        stored.emplace_back(value);
        return intact;
      });
  if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
  if (!intact || stored.size() != end - first)
    return tl::unexpected(damaged("a row of counters, one of whose runs is missing"));
  std::vector<std::string_view> addends(stored.begin(), stored.end());
  if (!added.empty()) addends.push_back(added);
  auto merged = merge_runs(addends);
  if (!merged) return tl::unexpected(damaged("a run of counters"));
  return std::move(*merged);
}

Expected<void> Store::Impl::write_as_one(const RowKey& row, RunSizes& sizes, std::size_t first,
                                         std::string added, Batch& out) {
  const std::size_t end = sizes.count();
  if (first < end) {
    auto merged = merge_stored(row, first, end, added);
    if (!merged) return tl::unexpected(merged.error());
    added = std::move(*merged);
  }
  for (std::size_t i = first + 1; i < end; ++i) out.erase(counter_key(row, static_cast<std::uint32_t>(i)));
  out.put(counter_key(row, static_cast<std::uint32_t>(first)), added);
  sizes.cut(first);
  sizes.add(added.size());
  return {};
}

std::optional<RowKey> Store::Impl::month_to_gather(const PartitionProgress& progress) {
  if (progress.clock == kNoTime) return std::nullopt;
  const std::int64_t day = bucket_of(saturating_add(progress.clock, -kMonthGatheredAfter), kDay);
  const std::int64_t month = first_of_month(first_of_month(day) - 1);
  std::int64_t& gathered = months_gathered.try_emplace(progress.partition, INT64_MIN).first->second;
  if (month <= gathered) return std::nullopt;
  gathered = month;
  return RowKey{progress.partition, Cube::disclosures, Granularity::month, month};
}

Expected<void> Store::Impl::add_run(const RowKey& row, std::string bytes, bool gather, Batch& out) {
  const auto found = runs->sizes(row);
  if (!found) return tl::unexpected(found.error());
  RunSizes& sizes = **found;
  std::size_t first = 0;
  if (!gather) {
    std::vector<std::uint64_t> with_new = sizes.bytes();
    with_new.push_back(bytes.size());
    first = with_new.size() - runs_to_merge(with_new);
  }
  return write_as_one(row, sizes, first, std::move(bytes), out);
}

Expected<void> Store::Impl::gather(const RowKey& row, Batch& out) {
  const auto sizes = runs->sizes(row);
  if (!sizes) return tl::unexpected(sizes.error());
  if ((*sizes)->count() < 2) return {};
  return write_as_one(row, **sizes, 0, {}, out);
}

Expected<void> Store::Impl::add_runs(CommitBatch& in, Batch& out) {
  std::set<RowKey> to_gather;
  for (const PartitionProgress& p : in.progress)
    if (const auto month = month_to_gather(p)) to_gather.insert(*month);
  for (auto& [row, run] : in.runs) {
    if (is_expired(row)) continue;
    if (auto ok = add_run(row, std::move(run), to_gather.erase(row) != 0, out); !ok) return ok;
  }
  for (const RowKey& row : to_gather)
    if (auto ok = gather(row, out); !ok) return ok;
  return {};
}

}  // namespace blockwatch
