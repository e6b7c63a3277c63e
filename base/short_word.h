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

}  // namespace blockwatch
