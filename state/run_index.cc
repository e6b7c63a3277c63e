#include "state/run_index.h"

#include "state/failure.h"

namespace blockwatch {
namespace {

/// Some 10 MB. Two days of minutes on 16 partitions fit; beyond it everything is forgotten and read again
/// when needed.
constexpr std::size_t kBucketsMax = 65'536;

}  // namespace

Expected<std::optional<std::int64_t>*> RunIndex::newest_of(const BucketKey& bucket) {
  const auto [it, is_new] = newest_.try_emplace({bucket.partition, bucket.cube, bucket.granularity});
  if (is_new) {
    auto row = last_row(db_, counter_range(bucket.partition, bucket.cube, bucket.granularity));
    if (!row) return tl::unexpected(row.error());
    if (*row) {
      const auto key = counter_key_of((*row)->first);
      if (!key) return tl::unexpected(damaged("a counter's key"));
      it->second = key->bucket.number;
    }
  }
  return &it->second;
}

Expected<std::vector<std::uint64_t>*> RunIndex::sizes(const BucketKey& bucket) {
  if (const auto it = sizes_.find(bucket); it != sizes_.end()) return &it->second;
  if (sizes_.size() >= kBucketsMax) sizes_.clear();
  const auto found = newest_of(bucket);
  if (!found) return tl::unexpected(found.error());
  std::optional<std::int64_t>& newest = **found;
  std::vector<std::uint64_t> sizes;
  if (newest && bucket.number <= *newest) {
    bool intact = true;
    const rocksdb::Status status = scan(db_, rocksdb::ReadOptions(), bucket_range(bucket),
                                        [&](std::string_view key, std::string_view value) {
                                          const auto parsed = counter_key_of(key);
                                          intact = parsed && parsed->run == sizes.size();
                                          sizes.push_back(value.size());
                                          return intact;
                                        });
    if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
    if (!intact) return tl::unexpected(damaged("the runs of a bucket"));
  } else {
    newest = bucket.number;
  }
  return &sizes_.emplace(bucket, std::move(sizes)).first->second;
}

void RunIndex::forget_before(const BucketKey& bucket) {
  sizes_.erase(sizes_.lower_bound({bucket.partition, bucket.cube, bucket.granularity, INT64_MIN}),
               sizes_.lower_bound(bucket));
}

}  // namespace blockwatch
