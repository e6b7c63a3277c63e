#include "state/run_index.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "state/failure.h"

namespace blockwatch {
namespace {

/// Some 10 MB. A year's hours, touched by late events, on 4 partitions fit; beyond it everything is forgotten
/// and read again when needed.
constexpr std::size_t kRowsMax = 163'840;
constexpr double kClassesPerDoubling = 8;

}  // namespace

void RunSizes::add(std::uint64_t bytes) {
  const double exact = std::log2(static_cast<double>(bytes)) * kClassesPerDoubling;
  classes_.push_back(static_cast<char>(static_cast<unsigned char>(std::min(std::lround(exact), 255L))));
}

std::vector<std::uint64_t> RunSizes::bytes() const {
  std::vector<std::uint64_t> out;
  out.reserve(classes_.size() + 1);
  for (const char c : classes_)
    out.push_back(static_cast<std::uint64_t>(
        std::llround(std::exp2(static_cast<double>(static_cast<unsigned char>(c)) / kClassesPerDoubling))));
  return out;
}

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

Expected<RunSizes*> RunIndex::sizes(const RowKey& row) {
  auto& known = sizes_[{row.partition, row.cube, row.granularity}];
  if (const auto it = known.find(row.number); it != known.end()) return &it->second;
  if (rows_ >= kRowsMax) {
    for (auto& [series, rows] : sizes_) rows.clear();
    rows_ = 0;
  }
  const auto found = newest_of(row);
  if (!found) return tl::unexpected(found.error());
  std::optional<std::int64_t>& newest = **found;
  RunSizes sizes;
  if (newest && row.number <= *newest) {
    bool intact = true;
    const rocksdb::Status status =
        db_.scan(rocksdb::ReadOptions(), row_range(row), [&](std::string_view key, std::string_view value) {
          const auto parsed = counter_key_of(key);
          intact = parsed && parsed->run == sizes.count() && !value.empty();
          if (intact) sizes.add(value.size());
          return intact;
        });
    if (!status.ok()) return tl::unexpected(error_of(status, "cannot read the state"));
    if (!intact) return tl::unexpected(damaged("the runs of a row of counters"));
  } else {
    newest = row.number;
  }
  ++rows_;
  return &known.emplace(row.number, std::move(sizes)).first->second;
}

void RunIndex::forget_before(const RowKey& row) {
  rows_ -= boost::unordered::erase_if(sizes_[{row.partition, row.cube, row.granularity}],
                                      [&](const auto& entry) { return entry.first < row.number; });
}

}  // namespace blockwatch
