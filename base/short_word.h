// Texts of up to eight bytes as one word each, so that looking one up is comparing numbers.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace blockwatch {

static_assert(std::endian::native == std::endian::little, "words are put together in the machine's order");

/// The first eight bytes of a text, in the order of memory, zeros behind its end.
constexpr std::uint64_t short_word(std::string_view text) {
  if (!std::is_constant_evaluated()) {
    const std::size_t size = text.size();
    const auto load = [&]<class Word>(Word word, std::size_t at) -> std::uint64_t {
      std::memcpy(&word, text.data() + at, sizeof word);
      return word;
    };
    if (size >= 8) return load(std::uint64_t{}, 0);
    // Two loads that may overlap, so that no byte behind the end is read.
    if (size >= 4) return load(std::uint32_t{}, 0) | load(std::uint32_t{}, size - 4) << 8 * (size - 4);
    if (size >= 2) return load(std::uint16_t{}, 0) | load(std::uint16_t{}, size - 2) << 8 * (size - 2);
    return size == 1 ? load(std::uint8_t{}, 0) : 0;
  }
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size() && i < text.size(); ++i) bytes[i] = text[i];
  return std::bit_cast<std::uint64_t>(bytes);
}

/// A number below 64 of a text's short_word() and size. Two texts may share one; the contract's names of one
/// object do not, which the factor was chosen for.
constexpr unsigned short_signature(std::uint64_t word, std::size_t size) {
  return static_cast<unsigned>((word ^ size) * 0x78E510617311D8A3ULL >> 58U);
}
constexpr unsigned short_signature(std::string_view text) {
  return short_signature(short_word(text), text.size());
}

}  // namespace blockwatch
