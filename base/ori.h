// An ORI: the nine characters [A-Z0-9] that name who asks (FBI's originating agency identifier).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace blockwatch {

class Ori {
 public:
  static constexpr std::size_t kSize = 9;
  constexpr Ori() = default;

  /// [A-Z0-9]{9}
  static bool is_one(std::string_view text) {
    if (text.size() != kSize) return false;
    bool good = true;
    for (std::size_t i = 0; i < kSize; ++i) {
      const char c = text[i];
      good &= static_cast<unsigned char>(c - 'A') <= 'Z' - 'A' || static_cast<unsigned char>(c - '0') <= 9;
    }
    return good;
  }
  /// Of what is one.
  static Ori of(std::string_view text) {
    Ori ori;
    std::memcpy(ori.text_.data(), text.data(), kSize);
    return ori;
  }
  /// `text` trimmed and upper-cased already; empty result: it is none. Where each event comes by, is_one()
  /// and of() are faster: an optional of nine bytes is put together of pieces that the processor waits for.
  static std::optional<Ori> from(std::string_view text) {
    return is_one(text) ? std::optional(of(text)) : std::nullopt;
  }

  std::string_view view() const { return {text_.data(), kSize}; }
  std::string str() const { return std::string(view()); }
  friend bool operator==(const Ori& a, const Ori& b) {
    return std::memcmp(a.text_.data(), b.text_.data(), kSize) == 0;
  }
  friend std::strong_ordering operator<=>(const Ori& a, const Ori& b) {
    return std::memcmp(a.text_.data(), b.text_.data(), kSize) <=> 0;
  }

 private:
  std::array<char, kSize> text_{'0', '0', '0', '0', '0', '0', '0', '0', '0'};
};

/// For hash maps: the first eight bytes mixed with the last.
struct OriHash {
  using is_avalanching = void;
  std::size_t operator()(const Ori& ori) const {
    std::uint64_t head = 0;
    std::memcpy(&head, ori.view().data(), sizeof head);
    head *= 0x9E3779B97F4A7C15ULL;
    head ^= head >> 32;
    head ^= static_cast<unsigned char>(
        ori.view()[8]);  // after the mixing, so that it cannot cancel the eighth byte
    head *= 0xD6E8FEB86659FD93ULL;
    return static_cast<std::size_t>(head ^ (head >> 32));
  }
};

}  // namespace blockwatch
