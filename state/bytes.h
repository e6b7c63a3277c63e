// The primitives that stored values and keys are made of, and a reader that never leaves its bytes.
//
//   u8        one byte
//   be32 be64 big-endian, so that bytewise order is numeric order (keys)
//   fixed64   little-endian
//   time      fixed64 of the nanoseconds
//   varint    seven bits a byte, least significant first, the high bit set on all but the last; at most 10
//   bytes zigzag    varint of (v << 1) ^ (v >> 63): small negatives stay small text      varint length, then
//   the bytes
//
// Guarantee: reading any bytes whatever is defined; what does not fit makes the reader bad and yields zeros.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace blockwatch {

inline void put_u8(std::string& out, std::uint8_t v) {
  out.push_back(static_cast<char>(v));
}

inline void put_be32(std::string& out, std::uint32_t v) {
  for (int shift = 24; shift >= 0; shift -= 8) put_u8(out, static_cast<std::uint8_t>(v >> shift));
}
inline void put_be64(std::string& out, std::uint64_t v) {
  for (int shift = 56; shift >= 0; shift -= 8) put_u8(out, static_cast<std::uint8_t>(v >> shift));
}
inline void put_fixed64(std::string& out, std::uint64_t v) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(v >> 8 * i);
  out.append(bytes.data(), bytes.size());
}
inline void put_time(std::string& out, TimeNs v) {
  put_fixed64(out, static_cast<std::uint64_t>(v));
}

inline constexpr std::size_t kVarintMax = 10;  // bytes
/// Where there is room for kVarintMax; returns what is behind it.
inline char* put_varint(char* out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7U) *out++ = static_cast<char>(v | 0x80U);
  *out++ = static_cast<char>(v);
  return out;
}
inline void put_varint(std::string& out, std::uint64_t v) {
  std::array<char, kVarintMax> bytes;
  out.append(bytes.data(), static_cast<std::size_t>(put_varint(bytes.data(), v) - bytes.data()));
}
inline void put_zigzag(std::string& out, std::int64_t v) {
  put_varint(out, static_cast<std::uint64_t>(v) << 1U ^ static_cast<std::uint64_t>(v >> 63));
}
inline void put_text(std::string& out, std::string_view v) {
  put_varint(out, v.size());
  out += v;
}

/// Reads in order. Borrows the bytes; the views it returns live as long as they do.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t u8() {
    if (rest_.empty()) return fail();
    const auto v = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return v;
  }
  std::uint32_t be32() { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t be64() { return big_endian(8); }
  std::uint64_t fixed64() {
    const std::string_view b = bytes(8);
    std::uint64_t v = 0;
    for (std::size_t i = b.size(); i-- > 0;) v = v << 8U | static_cast<std::uint8_t>(b[i]);
    return v;
  }
  TimeNs time() { return static_cast<TimeNs>(fixed64()); }
  std::uint64_t varint() {
    if (!rest_.empty() && static_cast<std::uint8_t>(rest_.front()) < 0x80) return u8();
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint64_t b = u8();
      if (shift == 63 && b > 1) return fail();
      v |= (b & 0x7FU) << shift;
      if (b < 0x80) return v;
    }
    return fail();
  }
  std::uint32_t varint32() {
    const std::uint64_t v = varint();
    return v > UINT32_MAX ? fail() : static_cast<std::uint32_t>(v);
  }
  std::int64_t zigzag() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1U ^ (0 - (v & 1U)));
  }
  std::string_view bytes(std::size_t n) {
    if (n > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view v = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return v;
  }
  std::string_view text() { return bytes(varint()); }
  /// One byte that must be below `limit`.
  std::uint8_t below(std::size_t limit) {
    const std::uint8_t v = u8();
    return v < limit ? v : fail();
  }
  bool flag() { return below(2) != 0; }

  bool bad() const { return bad_; }
  bool at_end() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }
  /// Everything was read and everything fitted.
  bool complete() const { return !bad_ && rest_.empty(); }
  /// For rules that only the caller knows.
  std::uint8_t fail() {
    bad_ = true;
    rest_ = {};
    return 0;
  }

 private:
  std::uint64_t big_endian(std::size_t n) {
    std::uint64_t v = 0;
    for (const char c : bytes(n)) v = v << 8U | static_cast<std::uint8_t>(c);
    return v;
  }

  std::string_view rest_;
  bool bad_ = false;
};

}  // namespace blockwatch
