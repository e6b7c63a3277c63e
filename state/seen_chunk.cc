#include "state/seen_chunk.h"

#include <array>
#include <bit>
#include <cstdint>

#include "base/check.h"
#include "state/bytes.h"

namespace blockwatch {
namespace {

constexpr std::uint8_t kUnitMax = 9;
constexpr std::array<std::uint64_t, kUnitMax + 1> kUnits{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};
constexpr unsigned kRiceMax = 56;  // bits
constexpr unsigned kEscape = 24;
constexpr std::size_t kFingerprintBytes = 8;

std::uint64_t low_bits(unsigned n) {
  return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}

/// The steps in such units; false: one of them is no multiple.
bool steps_in(std::uint64_t unit, const std::vector<SeenId>& ids, std::vector<std::uint64_t>& steps) {
  steps.clear();
  for (std::size_t i = 1; i < ids.size(); ++i) {
    BW_CHECK(ids[i].clock >= ids[i - 1].clock);
    // Unsigned, so that the difference of any two clocks fits.
    const std::uint64_t step =
        static_cast<std::uint64_t>(ids[i].clock) - static_cast<std::uint64_t>(ids[i - 1].clock);
    const std::uint64_t units = step == 0 ? 0 : step / unit;
    if (units * unit != step) return false;
    steps.push_back(units);
  }
  return true;
}

std::uint8_t largest_unit(const std::vector<SeenId>& ids, std::vector<std::uint64_t>& steps) {
  for (std::uint8_t unit = kUnitMax; unit > 0; --unit) {
    const bool first_fits = ids.front().clock % static_cast<std::int64_t>(kUnits[unit]) == 0;
    if (first_fits && steps_in(kUnits[unit], ids, steps)) return unit;
  }
  steps_in(1, ids, steps);
  return 0;
}

/// The parameter that makes steps of their mean short, zeros apart.
unsigned rice_of(const std::vector<std::uint64_t>& steps) {
  unsigned __int128 sum = 0;
  std::size_t count = 0;
  for (const std::uint64_t step : steps) {
    sum += step;
    count += step != 0 ? 1 : 0;
  }
  if (count == 0) return 0;
  const auto mean = static_cast<std::uint64_t>(sum / count);
  const auto width = static_cast<unsigned>(std::bit_width(mean));
  return width == 0 ? 0 : std::min(width - 1, kRiceMax);
}

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  /// At most 56 bits.
  void put(std::uint64_t bits, unsigned count) {
    word_ |= bits << used_;
    for (used_ += count; used_ >= 8; used_ -= 8, word_ >>= 8U) put_u8(out_, static_cast<std::uint8_t>(word_));
  }
  void finish() {
    if (used_ > 0) put_u8(out_, static_cast<std::uint8_t>(word_));
  }

 private:
  std::string& out_;
  std::uint64_t word_ = 0;
  unsigned used_ = 0;  // below 8 between calls
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  /// At most 56 bits.
  std::uint64_t take(unsigned count) {
    fill(count);
    const std::uint64_t bits = word_ & low_bits(count);
    drop(count);
    return bits;
  }
  /// Ones before a zero, which is taken too; at most kEscape.
  unsigned take_ones() {
    fill(kEscape + 1);
    const auto ones = static_cast<unsigned>(std::countr_one(word_));
    if (ones >= kEscape) {
      drop(kEscape);
      return kEscape;
    }
    drop(ones + 1);
    return ones;
  }
  /// All bits were there, and what is left of the last byte is zero.
  bool complete() const { return !bad_ && bytes_.empty() && held_ < 8 && word_ == 0; }

 private:
  void fill(unsigned count) {
    while (held_ < count && !bytes_.empty()) {
      word_ |= std::uint64_t{static_cast<std::uint8_t>(bytes_.front())} << held_;
      bytes_.remove_prefix(1);
      held_ += 8;
    }
  }
  void drop(unsigned count) {
    if (count > held_) {
      bad_ = true;
      word_ = held_ = 0;
      return;
    }
    word_ >>= count;
    held_ -= count;
  }

  std::string_view bytes_;
  std::uint64_t word_ = 0;
  unsigned held_ = 0;
  bool bad_ = false;
};

}  // namespace

std::string encode_seen(const std::vector<SeenId>& ids) {
  BW_CHECK(!ids.empty());
  std::vector<std::uint64_t> steps;
  steps.reserve(ids.size());
  const std::uint8_t unit = largest_unit(ids, steps);
  const unsigned rice = rice_of(steps);
  std::string out;
  out.reserve(64 + ids.size() * (kFingerprintBytes + 2 + rice / 8));
  put_time(out, ids.back().clock);
  put_varint(out, ids.size());
  put_u8(out, unit);
  put_zigzag(out, ids.front().clock / static_cast<std::int64_t>(kUnits[unit]));
  put_u8(out, static_cast<std::uint8_t>(rice));
  for (const SeenId& id : ids) put_fixed64(out, id.fingerprint);
  BitWriter bits(out);
  for (const std::uint64_t step : steps) {
    bits.put(step == 0 ? 0 : 1, 1);
    if (step == 0) continue;
    const std::uint64_t value = step - 1;
    const std::uint64_t ones = value >> rice;
    if (ones < kEscape) {
      bits.put(low_bits(static_cast<unsigned>(ones)), static_cast<unsigned>(ones) + 1);
      bits.put(value & low_bits(rice), rice);
    } else {
      bits.put(low_bits(kEscape), kEscape);
      bits.put(value & low_bits(32), 32);
      bits.put(value >> 32U, 32);
    }
  }
  bits.finish();
  return out;
}

bool decode_seen(std::string_view bytes, const std::function<void(const SeenId&)>& visit) {
  ByteReader in(bytes);
  const TimeNs last = in.time();
  const std::uint64_t n = in.varint();
  const std::uint64_t unit = kUnits[in.below(kUnitMax + 1)];
  // Unsigned, so that damaged bytes wrap instead of overflowing.
  std::uint64_t clock = static_cast<std::uint64_t>(in.zigzag()) * unit;
  const unsigned rice = in.below(kRiceMax + 1);
  if (in.bad() || n == 0 || n > bytes.size()) return false;
  ByteReader fingerprints(in.bytes(n * kFingerprintBytes));
  if (in.bad()) return false;
  BitReader bits(in.bytes(in.left()));
  for (std::uint64_t i = 0; i < n; ++i) {
    if (i > 0 && bits.take(1) != 0) {
      const unsigned ones = bits.take_ones();
      if (ones < kEscape) {
        clock += ((std::uint64_t{ones} << rice) + bits.take(rice) + 1) * unit;
      } else {
        const std::uint64_t low = bits.take(32);
        clock += ((bits.take(32) << 32U | low) + 1) * unit;
      }
    }
    visit({fingerprints.fixed64(), static_cast<TimeNs>(clock)});
  }
  return bits.complete() && static_cast<TimeNs>(clock) == last;
}

std::optional<TimeNs> seen_last_clock(std::string_view bytes) {
  ByteReader in(bytes);
  const TimeNs clock = in.time();
  if (in.bad()) return std::nullopt;
  return clock;
}

}  // namespace blockwatch
