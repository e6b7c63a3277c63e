#include "state/run_index.h"

#include "state/failure.h"

namespace blockwatch {
namespace {

/// Some 10 MB. Half a year's hours, touched by late events, on 4 partitions fit; beyond it everything is
/// forgotten and read again when needed.
constexpr std::size_t kRowsMax = 65'536;

}  // namespace

Expected<std::optional<std::int64_t>*> RunIndex::newest_of(const RowKey& row) {
  const auto [it, is_new] = newest_.try_emplace({row.partition, row.cube, row.granularity});
  if (is_new) {
    const auto last = db_.last_row(counter_range(row.partition, row.cube, row.granularity));
    if (!last) return tl::unexpected(last.error());
    if (*last) {
      const auto key = counter_key_of((*last)->first);
      if (!key) return tl::unexpected(damaged("a counter's key"));
      it->second = key->row.number;
    }
  }
  return &it->second;
}

Expected<std::vector<std::uint64_t>*> RunIndex::sizes(const RowKey& row) {
  if (const auto it = sizes_.find(row); it != sizes_.end()) return &it->second;
  if (sizes_.size() >= kRowsMax) sizes_.clear();
  const auto found = newest_of(row);
  if (!found) return tl::unexpected(found.error());
  std::optional<std::int64_t>& newest = **found;
  std::vector<std::uint64_t> sizes;
  if (newest && row.number <= *newest) {
    bool intact = true;
    const rocksdb::Status status =
        db_.scan(rocksdb::ReadOptions(), row_range(row), [&](std::string_view key, std::string_view value) {
          const auto parsed = counter_key_of(key);
          intact = parsed && parsed->run == sizes.size();
          sizes.push_back(value.size());
          return intact;
        });
    if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
    if (!intact) return tl::unexpected(damaged("the runs of a row of counters"));
  } else {
    newest = row.number;
  }
  return &sizes_.emplace(row, std::move(sizes)).first->second;
}

void RunIndex::forget_before(const RowKey& row) {
  sizes_.erase(sizes_.lower_bound({row.partition, row.cube, row.granularity, INT64_MIN}),
               sizes_.lower_bound(row));
}

}  // namespace blockwatch
