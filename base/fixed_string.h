// A short text held in place, so that an event's codes can be normalized without allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

namespace blockwatch {

template <std::size_t kMax>
class FixedString {
 public:
  constexpr FixedString() = default;
  explicit FixedString(std::string_view text) { assign(text); }

  /// `text` holds at most kMax bytes; the caller has checked that.
  void assign(std::string_view text) {
    BW_CHECK(text.size() <= kMax);
    size_ = static_cast<std::uint8_t>(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) data_[i] = text[i];
  }
  /// The same with each byte replaced by what `map` makes of it.
  template <class Map>
  void assign(std::string_view text, Map map) {
    BW_CHECK(text.size() <= kMax);
    size_ = static_cast<std::uint8_t>(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) data_[i] = map(text[i]);
  }
  void clear() { size_ = 0; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_.data(), size_}; }
  friend bool operator==(const FixedString& a, const FixedString& b) { return a.view() == b.view(); }

 private:
  static_assert(kMax < 256);
  std::array<char, kMax> data_{};
  std::uint8_t size_ = 0;
};

}  // namespace blockwatch
