#include "state/run.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/check.h"

namespace blockwatch {
namespace {

constexpr unsigned kLowBits = kAgencyFrom;
constexpr std::uint64_t kLowMask = (std::uint64_t{1} << kLowBits) - 1;
constexpr std::uint64_t kHighLimit = std::uint64_t{1} << (64 - kLowBits);
constexpr std::uint64_t kAgencyMask = kAgencyIdLimit - 1;
constexpr std::uint64_t kJurisdictionLimit = std::uint64_t{1} << (64 - kJurisdictionFrom);
constexpr std::size_t kCellMax = 4 * kVarintMax;  // bytes
constexpr unsigned kRecentBits = 15;              // room for most of 18,000 askers

constexpr std::uint64_t kJump = 1, kSeveral = 2;

std::uint64_t jurisdiction_of(std::uint64_t code) {
  return code >> kJurisdictionFrom;
}
std::uint64_t agency_of(std::uint64_t code) {
  return code >> kLowBits & kAgencyMask;
}
std::uint64_t head_of(std::uint64_t value, std::uint64_t count, bool jump) {
  return value << 2U | (count > 1 ? kSeveral : 0) | (jump ? kJump : 0);
}

/// Of kRecentBits.
std::size_t hash_of(std::uint64_t value) {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
  return value * kGolden >> (64 - kRecentBits);
}

}  // namespace

std::uint32_t RunWriter::Places::place(std::uint64_t value) {
  if (recent.empty()) recent.resize(std::size_t{1} << kRecentBits);
  std::uint32_t& usual = recent[hash_of(value)];
  if (usual != 0 && values[usual - 1] == value) return usual - 1;
  const auto [at, is_new] = by_value.try_emplace(value, static_cast<std::uint32_t>(values.size()));
  if (is_new) values.push_back(value);
  usual = at->second + 1;
  return at->second;
}

void RunWriter::Places::sort() {
  sorted.clear();
  for (std::size_t i = 0; i < values.size(); ++i)
    sorted.emplace_back(values[i], static_cast<std::uint32_t>(i));
  std::sort(sorted.begin(), sorted.end());
  ranks.resize(values.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) ranks[sorted[i].second] = static_cast<std::uint32_t>(i);
}

void RunWriter::Places::clear() {
  for (const std::uint64_t value : values) recent[hash_of(value)] = 0;
  values.clear();
  by_value.clear();
}

inline char* RunWriter::grow() {
  if (body_.size() - size_ < kCellMax) body_.resize(2 * body_.size() + 64 * kCellMax);
  return body_.data() + size_;
}

void RunWriter::append(const CellCount& c) {
  BW_CHECK(c.count > 0 && (cells_ == 0 || precedes(kind_, last_, c.cell)));
  if (kind_ == RunKind::oris)
    append_by_ori(c);
  else
    append_by_code(c);
  last_ = c.cell;
  ++cells_;
}

void RunWriter::append_by_ori(const CellCount& c) {
  const std::uint64_t asker = std::uint64_t{c.cell.detail} << kAgencyBits | agency_of(c.cell.code);
  waiting_.push_back({static_cast<std::uint32_t>(jurisdiction_of(c.cell.code)), askers_.place(asker),
                      lows_.place(c.cell.code & kLowMask), c.count});
}

void RunWriter::append_by_code(const CellCount& c) {
  char* end = grow();
  const std::uint64_t code = c.cell.code;
  const std::uint64_t high = code >> kLowBits;
  const std::uint64_t last_high = last_.code >> kLowBits;
  if (high != last_high) {
    end = put_varint(end, head_of(high - last_high, c.count, true));
    end = put_varint(end, code & kLowMask);
  } else {
    end = put_varint(end, head_of(code - last_.code, c.count, false));
  }
  if (kind_ == RunKind::minutes)
    end = put_varint(end, code == last_.code ? c.cell.detail - last_.detail : c.cell.detail);
  if (c.count > 1) end = put_varint(end, c.count - 2);
  size_ = static_cast<std::size_t>(end - body_.data());
}

void RunWriter::finish_by_ori() {
  askers_.sort();
  lows_.sort();
  const auto put = [&](std::uint64_t value) {
    size_ = static_cast<std::size_t>(put_varint(grow(), value) - body_.data());
  };
  put(askers_.values.size());
  std::uint64_t ori = 0;
  for (const auto& [asker, place] : askers_.sorted) {
    put((asker >> kAgencyBits) - ori);
    put(asker & kAgencyMask);
    ori = asker >> kAgencyBits;
  }
  put(lows_.values.size());
  std::uint64_t before = 0;
  for (const auto& [low, place] : lows_.sorted) put(low - std::exchange(before, low));
  put(cells_);
  std::uint32_t jurisdiction = 0, last_asker = 0;
  for (const Waiting& w : waiting_) {
    const std::uint32_t asker = askers_.ranks[w.asker];
    char* end = grow();
    if (w.jurisdiction != jurisdiction) {
      end = put_varint(end, head_of(asker, w.count, true));
      end = put_varint(end, w.jurisdiction - jurisdiction);
    } else {
      end = put_varint(end, head_of(asker - last_asker, w.count, false));
    }
    end = put_varint(end, lows_.ranks[w.low]);
    if (w.count > 1) end = put_varint(end, w.count - 2);
    size_ = static_cast<std::size_t>(end - body_.data());
    jurisdiction = w.jurisdiction;
    last_asker = asker;
  }
  waiting_.clear();
  askers_.clear();
  lows_.clear();
}

std::string RunWriter::finish() {
  if (kind_ == RunKind::oris) finish_by_ori();
  std::string out;
  out.reserve(size_ + 1 + kVarintMax);
  put_u8(out, static_cast<std::uint8_t>(kind_));
  if (kind_ != RunKind::oris) put_varint(out, cells_);
  out.append(body_.data(), size_);
  size_ = 0;
  last_ = {};
  cells_ = 0;
  return out;
}

std::string encode_run(RunKind kind, const std::vector<CellCount>& cells) {
  RunWriter out(kind);
  for (const CellCount& c : cells) out.append(c);
  return out.finish();
}

RunReader::RunReader(std::string_view bytes) : in_(bytes) {
  kind_ = static_cast<RunKind>(in_.below(kRunKindCount));
  if (kind_ == RunKind::oris) read_lists();
  left_ = in_.varint();
}

void RunReader::read_lists() {
  std::uint64_t ori = 0;
  for (std::uint64_t n = in_.varint(); n > 0 && !in_.bad(); --n) {
    const std::uint64_t step = in_.varint32();
    const std::uint64_t agency = in_.varint();
    if (!askers_.empty() && step == 0 && agency <= askers_.back().agency) in_.fail();
    ori += step;
    if (ori > UINT32_MAX || agency > kAgencyMask) in_.fail();
    askers_.push_back({agency, static_cast<std::uint32_t>(ori)});
  }
  std::uint64_t low = 0;
  for (std::uint64_t n = in_.varint(); n > 0 && !in_.bad(); --n) {
    const std::uint64_t step = in_.varint();
    if (!lows_.empty() && step == 0) in_.fail();
    if (step > kLowMask - low) in_.fail();
    low += step;
    lows_.push_back(low);
  }
}

bool RunReader::next_by_ori() {
  if (left_ == 0) {
    if (!in_.at_end()) in_.fail();
    return false;
  }
  const Cell before = cell_.cell;
  const std::uint64_t head = in_.varint();
  const std::uint64_t value = head >> 2U;
  if ((head & kJump) != 0) {
    jurisdiction_ += in_.varint32();
    asker_ = value;
  } else {
    asker_ += value;
  }
  const std::uint64_t low = in_.varint();
  if (jurisdiction_ >= kJurisdictionLimit || asker_ >= askers_.size() || low >= lows_.size()) {
    in_.fail();
    return false;
  }
  const Asker& asker = askers_[asker_];
  cell_.cell = {jurisdiction_ << kJurisdictionFrom | asker.agency << kLowBits | lows_[low], asker.ori};
  cell_.count = (head & kSeveral) != 0 ? in_.varint() + 2 : 1;
  if (cell_.count == 0 || (!first_ && !precedes(kind_, before, cell_.cell))) in_.fail();
  first_ = false;
  --left_;
  return !in_.bad();
}

template <bool kMinutes>
std::size_t RunReader::read_by_code(std::span<CellCount> room) {
  ByteReader in = in_;  // a report reads millions of cells: what they are read with stays in registers
  Cell before = cell_.cell;
  bool intact = true;
  std::size_t n = 0;
  for (const std::size_t end = std::min<std::uint64_t>(room.size(), left_); n < end; ++n) {
    const std::uint64_t head = in.varint();
    const std::uint64_t value = head >> 2U;
    std::uint64_t high = before.code >> kLowBits;
    std::uint64_t low = before.code & kLowMask;
    if ((head & kJump) != 0) {
      high += value;
      low = in.varint();
    } else {
      low += value;
    }
    intact = intact && high < kHighLimit && low <= kLowMask;
    Cell cell{high << kLowBits | low, 0};
    if constexpr (kMinutes) {
      const std::uint64_t minute = in.varint32() + (cell.code == before.code ? before.detail : 0U);
      intact = intact && minute < kMinutesInRow;
      cell.detail = static_cast<std::uint32_t>(minute);
    }
    const std::uint64_t count = (head & kSeveral) != 0 ? in.varint() + 2 : 1;
    intact = intact && (before < cell || first_) && count != 0;
    first_ = false;
    before = cell;
    room[n] = {cell, count};
  }
  left_ -= n;
  in_ = in;
  cell_.cell = before;
  if (!intact || (left_ == 0 && !in_.at_end())) in_.fail();
  return in_.bad() ? 0 : n;
}

std::span<CellCount> RunReader::read(std::span<CellCount> room) {
  std::size_t n = 0;
  switch (kind_) {
    case RunKind::codes:
      n = read_by_code<false>(room);
      break;
    case RunKind::minutes:
      n = read_by_code<true>(room);
      break;
    case RunKind::oris:
      while (n < room.size() && next_by_ori()) room[n++] = cell_;
      break;
  }
  return room.first(n);
}

bool RunReader::next() {
  CellCount cell;
  if (read({&cell, 1}).empty()) return false;
  cell_ = cell;
  return true;
}

}  // namespace blockwatch
