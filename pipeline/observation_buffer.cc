#include "pipeline/observation_buffer.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "pipeline/bit_squeeze.h"
#include "state/page.h"

namespace blockwatch {
namespace {

using Row = ObservationBuffer::Row;
using Minute = ObservationBuffer::Minute;

/// The minutes of a commit in order, and where in it each slot stands.
struct Ranks {
  std::vector<Minute> minutes;
  std::vector<std::uint32_t> of_slot;

  explicit Ranks(const std::vector<Minute>& by_slot) : of_slot(by_slot.size()) {
    std::vector<std::uint32_t> slots(by_slot.size());
    std::iota(slots.begin(), slots.end(), 0U);
    std::sort(slots.begin(), slots.end(),
              [&](std::uint32_t a, std::uint32_t b) { return by_slot[a] < by_slot[b]; });
    for (const std::uint32_t slot : slots) {
      of_slot[slot] = static_cast<std::uint32_t>(minutes.size());
      minutes.push_back(by_slot[slot]);
    }
  }
};

/// How a row's cell fits into few bits without losing its order: those that no row uses are left out.
struct Layout {
  explicit Layout(const std::vector<Row>& rows)
      : code(std::accumulate(rows.begin(), rows.end(), std::uint64_t{0},
                             [](std::uint64_t used, const Row& row) { return used | row.code; })),
        ori_bits(static_cast<unsigned>(std::bit_width(
            std::accumulate(rows.begin(), rows.end(), std::uint32_t{0},
                            [](std::uint32_t used, const Row& row) { return used | row.ori; })))) {}

  unsigned bits() const { return code.bits() + ori_bits; }

  BitSqueeze code;
  unsigned ori_bits;
};

/// A row as a word: the rank of its minute, its code, its ORI, from the top down.
template <class Word>
class RunMaker {
 public:
  RunMaker(std::uint32_t partition, const Layout& layout, const Ranks& ranks, SortMemory<Word>& memory,
           std::map<BucketKey, std::string>& runs)
      : partition_(partition), layout_(layout), ranks_(ranks), memory_(memory), runs_(runs) {}

  void make(const std::vector<Row>& rows) {
    memory_.words.clear();
    memory_.words.reserve(rows.size());
    for (const Row& row : rows) {
      const Word rank = ranks_.of_slot[row.slot];
      const Word code = layout_.code.squeeze(row.code);
      memory_.words.push_back(rank << layout_.bits() | code << layout_.ori_bits | row.ori);
    }
    radix_sort(memory_, layout_.bits());
    group_by(kDay / kMinute);
    add_runs(Cube::oris, Granularity::day, layout_.ori_bits);
    add_runs(Cube::disclosures, Granularity::day, 0);
    group_by(kHour / kMinute);
    add_runs(Cube::disclosures, Granularity::hour, 0);
    group_by(1);
    add_runs(Cube::disclosures, Granularity::minute, 0);
  }

 private:
  std::size_t rank_of(Word word) const { return static_cast<std::size_t>(word >> layout_.bits()); }

  /// Puts the words of each span of so many minutes together, spans ascending, each in order of cell.
  void group_by(std::int64_t minutes) {
    bucket_of_rank_.clear();
    digit_of_rank_.clear();
    for (const Minute& minute : ranks_.minutes) {
      const std::int64_t bucket = bucket_of(minute.number, minutes);
      const bool is_next = bucket_of_rank_.empty() || bucket_of_rank_.back() != bucket;
      digit_of_rank_.push_back(digit_of_rank_.empty() ? 0 : digit_of_rank_.back() + (is_next ? 1 : 0));
      bucket_of_rank_.push_back(bucket);
    }
    const std::size_t digits = digit_of_rank_.back() + std::size_t{1};
    if (digits > 1) sort_by_digit(memory_, digits, [&](Word word) { return digit_of_rank_[rank_of(word)]; });
  }

  /// Of the words as they are grouped. `ori_bits`: 0 where the ORI is no dimension.
  void add_runs(Cube cube, Granularity granularity, unsigned ori_bits) {
    const unsigned dropped = layout_.ori_bits - ori_bits;
    const Word cell_mask = (Word{1} << layout_.bits()) - 1;
    RunWriter& run = ori_bits != 0 ? with_ori_ : without_ori_;
    BucketKey bucket;
    std::uint32_t digit = 0;
    Word cell = 0;
    std::uint64_t count = 0;  // of the cell; 0: no word was taken yet
    const auto end_cell = [&] { run.append({cell_of(cell, ori_bits), std::exchange(count, 0)}); };
    const auto end_run = [&] {
      end_cell();
      runs_[bucket] = run.finish();
    };
    for (const Word word : memory_.words) {
      const std::size_t rank = rank_of(word);
      if (granularity == Granularity::minute && !ranks_.minutes[rank].kept) continue;
      const Word next = (word & cell_mask) >> dropped;
      const bool is_new_bucket = count == 0 || digit_of_rank_[rank] != digit;
      if (is_new_bucket) {
        if (count != 0) end_run();
        digit = digit_of_rank_[rank];
        bucket = {partition_, cube, granularity, bucket_of_rank_[rank]};
      } else if (next != cell) {
        end_cell();
      }
      cell = next;
      ++count;
    }
    if (count != 0) end_run();
  }

  Cell cell_of(Word cell, unsigned ori_bits) const {
    const Word ori_mask = (Word{1} << ori_bits) - 1;
    return {layout_.code.expand(static_cast<std::uint64_t>(cell >> ori_bits)),
            static_cast<std::uint32_t>(cell & ori_mask)};
  }

  std::uint32_t partition_;
  const Layout& layout_;
  const Ranks& ranks_;
  SortMemory<Word>& memory_;
  std::map<BucketKey, std::string>& runs_;
  std::vector<std::int64_t> bucket_of_rank_;
  std::vector<std::uint32_t> digit_of_rank_;  // buckets numbered from 0, ascending
  RunWriter with_ori_{true, 4096}, without_ori_{false, 4096};
};

}  // namespace

void ObservationBuffer::Part::use(Minute next) {
  const auto [at, is_new] =
      slots.try_emplace(next.number * 2 + (next.kept ? 1 : 0), static_cast<std::uint32_t>(minutes.size()));
  if (is_new) minutes.push_back(next);
  minute = next;
  slot = at->second;
}

void ObservationBuffer::Part::clear() {
  rows.clear();
  minutes.clear();
  slots.clear();
}

void ObservationBuffer::use(std::uint32_t partition) {
  recent_ = &parts_[partition];
  recent_partition_ = partition;
}

void ObservationBuffer::take(std::map<BucketKey, std::string>& runs) {
  for (auto& [partition, part] : parts_) {
    if (part.rows.empty()) continue;
    const Ranks ranks(part.minutes);
    const Layout layout(part.rows);
    if (layout.bits() + static_cast<unsigned>(std::bit_width(ranks.minutes.size())) <= 64)
      RunMaker(partition, layout, ranks, narrow_, runs).make(part.rows);
    else
      RunMaker(partition, layout, ranks, wide_, runs).make(part.rows);
    part.clear();
  }
  recent_ = nullptr;
}

}  // namespace blockwatch
