#include "pipeline/observation_buffer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "pipeline/bit_squeeze.h"
#include "state/cell.h"
#include "state/run.h"

namespace blockwatch {
namespace {

using Row = ObservationBuffer::Row;
using Minute = ObservationBuffer::Minute;
using RunWriters = ObservationBuffer::RunWriters;

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
                            [](std::uint32_t used, const Row& row) { return used | row.ori; })))),
        jurisdiction_from(
            static_cast<unsigned>(std::countr_zero(code.squeeze(~std::uint64_t{0} << kJurisdictionFrom)))) {
    jurisdiction_from = std::min(jurisdiction_from, code.bits());
  }

  unsigned bits() const { return code.bits() + ori_bits; }

  BitSqueeze code;
  unsigned ori_bits;
  unsigned jurisdiction_from;  // where in a squeezed code the bits of the jurisdiction begin
};

/// A row as a word: the rank of its minute, its code, its ORI, from the top down.
template <class Word>
class RunMaker {
 public:
  RunMaker(std::uint32_t partition, const Layout& layout, const Ranks& ranks, SortMemory<Word>& memory,
           RunWriters& writers, MonthSums& months, std::map<RowKey, std::string>& runs)
      : partition_(partition),
        layout_(layout),
        ranks_(ranks),
        memory_(memory),
        writers_(writers),
        months_(months),
        runs_(runs) {}

  void make(const std::vector<Row>& rows) {
    memory_.words.clear();
    memory_.words.reserve(rows.size());
    for (const Row& row : rows) {
      const Word rank = ranks_.of_slot[row.slot];
      const Word code = layout_.code.squeeze(row.code);
      memory_.words.push_back(rank << layout_.bits() | code << layout_.ori_bits | row.ori);
    }
    // Rows come nearly in order of time, but a run of minutes needs it exactly.
    sort_by_digit(memory_, ranks_.minutes.size(), [&](Word word) { return rank_of(word); });
    radix_sort(memory_, layout_.ori_bits, layout_.bits());
    by_code_ = memory_.words;

    group_by(kHour / kMinute);
    add_runs(Cube::disclosures, Granularity::hour, ~ori_mask() & cell_mask());
    add_runs(Cube::disclosures, Granularity::minute, ~ori_mask());

    memory_.words.swap(by_code_);
    group_by(kDay / kMinute);
    add_runs(Cube::disclosures, Granularity::day, ~ori_mask() & cell_mask());
    months_.take(partition_, runs_);
    radix_sort(memory_, 0, layout_.ori_bits);
    radix_sort(memory_, layout_.ori_bits + layout_.jurisdiction_from, layout_.bits());
    group_by(kDay / kMinute);
    add_runs(Cube::oris, Granularity::day, cell_mask());
  }

 private:
  Word ori_mask() const { return (Word{1} << layout_.ori_bits) - 1; }
  Word cell_mask() const { return (Word{1} << layout_.bits()) - 1; }
  std::size_t rank_of(Word word) const { return static_cast<std::size_t>(word >> layout_.bits()); }

  /// Puts the words of each span of so many minutes together, spans ascending, each in the order that was.
  void group_by(std::int64_t minutes) {
    number_of_rank_.clear();
    digit_of_rank_.clear();
    for (const Minute& minute : ranks_.minutes) {
      const std::int64_t number = bucket_of(minute.number, minutes);
      const bool is_next = number_of_rank_.empty() || number_of_rank_.back() != number;
      digit_of_rank_.push_back(digit_of_rank_.empty() ? 0 : digit_of_rank_.back() + (is_next ? 1 : 0));
      number_of_rank_.push_back(number);
    }
    const std::size_t digits = digit_of_rank_.back() + std::size_t{1};
    if (digits > 1) sort_by_digit(memory_, digits, [&](Word word) { return digit_of_rank_[rank_of(word)]; });
  }

  /// Of the words as they are grouped, a run a group. `told_apart`: the bits of a word that make its cell.
  void add_runs(Cube cube, Granularity granularity, Word told_apart) {
    RowKey row{partition_, cube, granularity, 0};
    RunWriter& run = writers_[static_cast<std::size_t>(kind_of(row))];
    std::uint32_t digit = 0;
    Word cell = 0;
    std::uint64_t count = 0;  // of the cell; 0: no word was taken yet
    const auto end_cell = [&] {
      const CellCount c{cell_of(row, cell), std::exchange(count, 0)};
      run.append(c);
      if (cube == Cube::disclosures && granularity == Granularity::day) months_.add(row.number, c);
    };
    const auto end_run = [&] {
      end_cell();
      runs_[row] = run.finish();
    };
    for (const Word word : memory_.words) {
      const std::size_t rank = rank_of(word);
      if (granularity == Granularity::minute && !ranks_.minutes[rank].kept) continue;
      const Word next = word & told_apart;
      const bool is_new_row = count == 0 || digit_of_rank_[rank] != digit;
      if (is_new_row) {
        if (count != 0) end_run();
        digit = digit_of_rank_[rank];
        row.number = number_of_rank_[rank];
      } else if (next != cell) {
        end_cell();
      }
      cell = next;
      ++count;
    }
    if (count != 0) end_run();
  }

  Cell cell_of(const RowKey& row, Word word) const {
    const std::uint64_t code =
        layout_.code.expand(static_cast<std::uint64_t>((word & cell_mask()) >> layout_.ori_bits));
    if (row.granularity != Granularity::minute) return {code, static_cast<std::uint32_t>(word & ori_mask())};
    return {code,
            static_cast<std::uint32_t>(ranks_.minutes[rank_of(word)].number - row.number * kMinutesInRow)};
  }

  std::uint32_t partition_;
  const Layout& layout_;
  const Ranks& ranks_;
  SortMemory<Word>& memory_;
  RunWriters& writers_;
  MonthSums& months_;
  std::map<RowKey, std::string>& runs_;
  std::vector<Word> by_code_;
  std::vector<std::int64_t> number_of_rank_;  // of the span that holds its minute
  std::vector<std::uint32_t> digit_of_rank_;  // spans numbered from 0, ascending
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

ObservationBuffer::Size ObservationBuffer::size() const {
  Size size;
  for (const auto& [partition, part] : parts_) {
    size.observations += part.rows.size();
    size.minutes += part.minutes.size();
  }
  return size;
}

void ObservationBuffer::trim(std::uint64_t bytes_max) {
  const std::uint64_t kept = std::accumulate(
      parts_.begin(), parts_.end(), std::uint64_t{0},
      [](std::uint64_t sum, const auto& part) { return sum + part.second.rows.capacity() * sizeof(Row); });
  if (kept > bytes_max) parts_.clear();
}

void ObservationBuffer::take(std::map<RowKey, std::string>& runs) {
  for (auto& [partition, part] : parts_) {
    if (part.rows.empty()) continue;
    const Ranks ranks(part.minutes);
    const Layout layout(part.rows);
    if (layout.bits() + static_cast<unsigned>(std::bit_width(ranks.minutes.size())) <= 64)
      RunMaker(partition, layout, ranks, narrow_, writers_, months_, runs).make(part.rows);
    else
      RunMaker(partition, layout, ranks, wide_, writers_, months_, runs).make(part.rows);
    part.clear();
  }
  recent_ = nullptr;
}

}  // namespace blockwatch
