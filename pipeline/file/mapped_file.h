// A regular file mapped read-only. It must not be truncated while it is read: the process would end by
// SIGBUS.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace blockwatch {

class MappedFile {
 public:
  /// Error 78: no regular file. 75: it cannot be opened.
  static Expected<MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile& operator=(MappedFile&&) = delete;

  std::string_view bytes() const { return {data_, size_}; }
  /// Nothing before `position` is read any more: given back to the system from time to time, so that a file
  /// larger than memory does not fill it.
  void drop_before(std::size_t position);

 private:
  MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}

  const char* data_;
  std::size_t size_;
  std::size_t dropped_ = 0;
};

}  // namespace blockwatch
