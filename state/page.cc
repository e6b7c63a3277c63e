#include "state/page.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace blockwatch {
namespace {

constexpr unsigned kLowBits = 33;
constexpr std::uint64_t kLowMask = (std::uint64_t{1} << kLowBits) - 1;
constexpr std::uint64_t kHighLimit = std::uint64_t{1} << (64 - kLowBits);

}  // namespace

void RunWriter::append(const CellCount& c) {
  BW_CHECK(c.count > 0 && (cells_ == 0 || last_ < c.cell));
  if (body_.size() - size_ < kCellMax) body_.resize(2 * body_.size());
  char* const begin = body_.data() + size_;
  char* end = begin;
  const std::uint64_t code = c.cell.code;
  const std::uint64_t more = c.count > 1 ? 2 : 0;
  if (code >> kLowBits != last_.code >> kLowBits) {
    end = put_varint(end, ((code >> kLowBits) - (last_.code >> kLowBits)) << 2U | more | 1U);
    end = put_varint(end, code & kLowMask);
  } else {
    end = put_varint(end, (code - last_.code) << 2U | more);
  }
  if (has_ori_) end = put_varint(end, code == last_.code ? c.cell.ori - last_.ori : c.cell.ori);
  if (more != 0) end = put_varint(end, c.count - 2);
  size_ += static_cast<std::size_t>(end - begin);
  last_ = c.cell;
  ++cells_;
}

std::string RunWriter::finish() {
  std::string out;
  out.reserve(size_ + 11);
  put_u8(out, has_ori_ ? 1 : 0);
  put_varint(out, cells_);
  out.append(body_.data(), size_);
  size_ = 0;
  last_ = {};
  cells_ = 0;
  return out;
}

std::string encode_run(const std::vector<CellCount>& cells) {
  bool has_ori = false;
  for (const CellCount& c : cells) has_ori |= c.cell.ori != 0;
  RunWriter out(has_ori, cells.size() * 5);
  for (const CellCount& c : cells) out.append(c);
  return out.finish();
}

RunReader::RunReader(std::string_view bytes) : in_(bytes) {
  has_ori_ = in_.flag();
  left_ = in_.varint();
}

bool RunReader::next() {
  if (left_ == 0) {
    if (!in_.at_end()) in_.fail();
    return false;
  }
  const Cell before = cell_.cell;
  const std::uint64_t head = in_.varint();
  const std::uint64_t value = head >> 2U;
  std::uint64_t high = before.code >> kLowBits;
  std::uint64_t low = before.code & kLowMask;
  if ((head & 1U) != 0) {
    high += value;
    low = in_.varint();
  } else {
    low += value;
  }
  if (high >= kHighLimit || low > kLowMask) in_.fail();
  cell_.cell.code = high << kLowBits | low;
  std::uint64_t ori = has_ori_ ? in_.varint32() : 0;
  if (cell_.cell.code == before.code) ori += before.ori;
  if (ori > UINT32_MAX) in_.fail();
  cell_.cell.ori = static_cast<std::uint32_t>(ori);
  cell_.count = (head & 2U) != 0 ? in_.varint() + 2 : 1;
  if (cell_.count == 0 || (!first_ && cell_.cell <= before)) in_.fail();
  first_ = false;
  --left_;
  return !in_.bad();
}

std::optional<std::string> merge_runs(std::span<const std::string_view> runs) {
  std::vector<RunReader> live;
  bool has_ori = false;
  std::size_t bytes = 0;
  for (const std::string_view run : runs) {
    live.emplace_back(run);
    has_ori |= !run.empty() && run.front() == 1;
    bytes += run.size();
    if (live.back().next()) continue;
    if (live.back().damaged()) return std::nullopt;
    live.pop_back();
  }
  RunWriter out(has_ori, bytes);
  while (!live.empty()) {
    CellCount sum{live.front().cell().cell, 0};
    for (const RunReader& run : live)
      if (run.cell().cell < sum.cell) sum.cell = run.cell().cell;
    for (std::size_t i = 0; i < live.size();) {
      RunReader& run = live[i];
      if (run.cell().cell == sum.cell) {
        sum.count += run.cell().count;
        if (!run.next()) {
          if (run.damaged()) return std::nullopt;
          live.erase(live.begin() + static_cast<std::ptrdiff_t>(i));
          continue;
        }
      }
      ++i;
    }
    out.append(sum);
  }
  return out.finish();
}

std::size_t runs_to_merge(std::span<const std::uint64_t> sizes) {
  BW_CHECK(!sizes.empty());
  std::size_t n = 1;
  std::uint64_t total = sizes.back();
  while (n < sizes.size()) {
    const std::uint64_t similar_below = total + total / 2 + total / 4;
    std::size_t similar = 0;
    while (n + similar < sizes.size() && sizes[sizes.size() - n - similar - 1] < similar_below) ++similar;
    const bool too_many = sizes.size() - n + 1 > kRunsMax;
    if (similar + 1 < kRunsMerged && !too_many) break;
    for (const std::size_t end = n + std::max<std::size_t>(similar, 1); n < end; ++n)
      total += sizes[sizes.size() - n - 1];
  }
  return n;
}

}  // namespace blockwatch
