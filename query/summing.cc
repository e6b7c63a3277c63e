#include "query/summing.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <system_error>
#include <thread>

#include "base/check.h"
#include "state/cell.h"

namespace blockwatch {
namespace {

/// Their table takes 300 KB and need not grow while it is filled.
constexpr std::size_t kRowsExpected = 65'536;

/// The bits of a packed cell that rows are told apart by.
std::uint64_t code_mask(const ReportWords& words) {
  if (words.unit == Unit::messages) {
    MessageCell m{0, Class{0}};
    if (words.asks(Dimension::agency)) m.agency = kAgencyIdLimit - 1;
    if (words.asks(Dimension::cls)) m.cls = Class{3};
    return pack(m);
  }
  DisclosureCell c{0, 0, 0, Class{0}, false, Outcome{0}, Verdict{0}};
  if (words.asks(Dimension::jurisdiction)) c.jurisdiction = 63;
  if (words.asks(Dimension::agency)) c.agency = kAgencyIdLimit - 1;
  if (words.asks(Dimension::channel)) c.channel = kChannelIdLimit - 1;
  if (words.asks(Dimension::cls)) c.cls = Class{3};
  if (words.asks(Dimension::outcome)) c.outcome = Outcome{7};
  if (words.asks(Dimension::verdict)) c.verdict = Verdict{7};
  return pack(c);
}

/// Those that a cell is left out by, or counted by beside its row.
std::uint64_t filter_mask(Unit unit) {
  if (unit == Unit::messages) return pack(MessageCell{kAgencyIdLimit - 1, Class{0}});
  return pack(DisclosureCell{63, kAgencyIdLimit - 1, 0, Class{0}, false, Outcome{0}, Verdict{0}});
}

/// A report of a long span would else keep one processor busy and leave the others idle.
constexpr unsigned kThreadsMax = 4;
/// Of a range: enough that threads end at about the same time.
constexpr std::int64_t kPieces = 16;

std::vector<BucketRange> pieces_of(const std::vector<BucketRange>& ranges) {
  std::vector<BucketRange> out;
  for (const BucketRange& range : ranges) {
    const std::int64_t step = std::max<std::int64_t>(1, (range.to - range.from + kPieces - 1) / kPieces);
    for (std::int64_t from = range.from; from < range.to; from += step)
      out.push_back({range.granularity, from, std::min(from + step, range.to)});
  }
  // The newest buckets have the most runs, and are no piece to end with.
  std::reverse(out.begin(), out.end());
  return out;
}

std::size_t thread_count(std::size_t pieces) {
  return std::min<std::size_t>(pieces, std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax));
}

}  // namespace

std::size_t Summing::PlaceHash::operator()(const Group& key) const {
  std::uint64_t h = key.code * 0x9E3779B97F4A7C15ULL;
  h ^= h >> 32U;
  h += static_cast<std::uint64_t>(key.time) << 32U ^ key.ori;
  h *= 0xD6E8FEB86659FD93ULL;
  return static_cast<std::size_t>(h ^ h >> 32U);
}

Summing::Summing(const Selection& selection)
    : selection_(selection),
      zone_(selection.zone),
      per_agency_(selection.per_agency ? selection.kept_agencies.size() : 0),
      row_mask_(code_mask(selection.words)),
      told_apart_(row_mask_ | filter_mask(selection.words.unit)),
      by_ori_(selection.words.asks(Dimension::ori)),
      places_(kRowsExpected, PlaceHash{&keys_}, PlaceEqual{&keys_}) {}

void Summing::add(const Snapshot& snapshot, const BucketRange& range) {
  std::optional<std::int64_t> entered;
  snapshot.read_cells(selection_.words.cube(), range.granularity, range.from, range.to,
                      [&](const BucketKey& bucket, std::span<const CellCount> cells) {
                        if (entered != bucket.number) enter(bucket);
                        entered = bucket.number;
                        if (selection_.words.unit == Unit::messages)
                          for (const CellCount& cell : cells) take_message(cell);
                        else
                          for (const CellCount& cell : cells) take_disclosure(cell);
                      });
}

void Summing::add(const Summing& other) {
  for (std::size_t i = 0; i < other.keys_.size(); ++i)
    blockwatch::add(row_of(other.keys_[i]), other.figures_[i]);
  for (std::size_t i = 0; i < per_agency_.size(); ++i) blockwatch::add(per_agency_[i], other.per_agency_[i]);
  if (other.split_day_) note_split(*other.split_day_);
}

void Summing::enter(const BucketKey& bucket) {
  const TimeNs unit = unit_of(bucket.granularity);
  const std::int64_t next =
      bucket.granularity == Granularity::month ? first_of_next_month(bucket.number) : bucket.number + 1;
  time_ = local_time(bucket.number * unit, next * unit - 1);
  last_.reset();
}

bool Summing::finds(const Cell& cell) {
  // Cells come in the order of their codes: a row's follow each other.
  const Cell told{cell.code & told_apart_, by_ori_ ? cell.detail : 0};
  if (last_ != told) {
    last_ = told;
    find(cell);
  }
  return row_ != nullptr;
}

void Summing::take_message(const CellCount& cell) {
  if (!finds(cell.cell)) return;
  (*row_)[kRequests] += cell.count;
  if (agency_ != nullptr) (*agency_)[kRequests] += cell.count;
}

void Summing::take_disclosure(const CellCount& cell) {
  if (!finds(cell.cell)) return;
  const DisclosureCell dims = unpack_disclosure(cell.cell.code);
  blockwatch::add(*row_, dims, cell.count);
  if (agency_ != nullptr) blockwatch::add(*agency_, dims, cell.count);
}

void Summing::find(const Cell& cell) {
  row_ = nullptr;
  DictionaryId agency = 0;
  if (selection_.words.unit == Unit::messages) {
    agency = unpack_message(cell.code).agency;
  } else {
    const DisclosureCell dims = unpack_disclosure(cell.code);
    if (selection_.words.jurisdiction && dims.jurisdiction != *selection_.words.jurisdiction) return;
    agency = dims.agency;
  }
  BW_CHECK(agency < selection_.kept_agencies.size());
  if (!selection_.kept_agencies[agency]) return;
  row_ = &row_of({cell.code & row_mask_, time_, by_ori_ ? cell.detail : 0});
  agency_ = per_agency_.empty() ? nullptr : &per_agency_[agency];
}

Figures& Summing::row_of(const Group& key) {
  // Buckets of one time have mostly the same rows, which were made in the order of the first of them.
  for (std::uint32_t place = recent_; place < keys_.size() && place <= recent_ + 1; ++place)
    if (keys_[place] == key) return figures_[recent_ = place];
  if (const auto at = places_.find(key); at != places_.end()) return figures_[recent_ = *at];
  recent_ = static_cast<std::uint32_t>(keys_.size());
  keys_.push_back(key);
  places_.insert(recent_);
  return figures_.emplace_back();
}

/// The first day of what the report cuts by; rows of one month share its first day. `end`: the last instant.
std::int64_t Summing::local_time(TimeNs begin, TimeNs end) {
  const LocalCuts cuts = selection_.words.cuts();
  if (cuts == LocalCuts::none) return 0;
  const std::int64_t day = zone_.local_day(begin);
  const std::int64_t last = zone_.local_day(end);
  if (cuts == LocalCuts::days) {
    if (day != last) note_split(zone_.midnight(day + 1));
    return day;
  }
  if (first_of_month(day) != first_of_month(last)) note_split(zone_.midnight(first_of_month(last)));
  return first_of_month(day);
}

void Summing::note_split(TimeNs midnight) {
  split_day_ = std::min(midnight, split_day_.value_or(midnight));
}

Expected<void> sum_up(const Snapshot& snapshot, const Selection& selection,
                      const std::vector<BucketRange>& ranges, const Tiling& tiling, Summing& sums) {
  const std::vector<BucketRange> pieces = pieces_of(ranges);
  std::atomic<std::size_t> next = 0;
  const auto sum_some = [&](Summing& some) {
    for (std::size_t i = next++; i < pieces.size(); i = next++) some.add(snapshot, pieces[i]);
  };
  std::deque<Summing> others;
  std::vector<std::thread> threads;
  for (std::size_t n = thread_count(pieces.size()); n > 1; --n) {
    Summing& other = others.emplace_back(selection);
    try {
      threads.emplace_back(sum_some, std::ref(other));
    } catch (const std::system_error&) {
      break;  // the system gives no more threads; fewer make the same sums
    }
  }
  sum_some(sums);
  for (std::thread& thread : threads) thread.join();
  for (const Summing& other : others) sums.add(other);
  if (!sums.split_day()) return {};
  return tl::unexpected<Error>(off_bucket("a day of the zone", *sums.split_day(), tiling));
}

}  // namespace blockwatch
