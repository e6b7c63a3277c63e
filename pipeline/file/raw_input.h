// The bytes of an input as they stand there, in pieces: what a decoder reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pipeline/file/mapped_file.h"

namespace blockwatch {

/// Thread: one.
class RawInput {
 public:
  virtual ~RawInput() = default;
  /// What is at hand and not consumed; valid until the next call of fetch.
  virtual std::string_view at_hand() const = 0;
  virtual void consume(std::size_t bytes) = 0;
  /// Nothing comes after what is at hand.
  virtual bool ended() const = 0;
  /// More, or the end; waits at most `wait`. Error 75: it cannot be read.
  virtual Expected<void> fetch(std::chrono::milliseconds wait) = 0;
  virtual std::optional<std::uint64_t> total() const = 0;
  virtual std::uint64_t consumed() const = 0;
};

class FileInput final : public RawInput {
 public:
  explicit FileInput(MappedFile file) : file_(std::move(file)) {}
  std::string_view at_hand() const override { return file_.bytes().substr(consumed_); }
  void consume(std::size_t bytes) override {
    consumed_ += bytes;
    file_.drop_before(consumed_);
  }
  bool ended() const override { return true; }
  Expected<void> fetch(std::chrono::milliseconds) override { return {}; }
  std::optional<std::uint64_t> total() const override { return file_.bytes().size(); }
  std::uint64_t consumed() const override { return consumed_; }

 private:
  MappedFile file_;
  std::size_t consumed_ = 0;
};

/// Does not own the file descriptor.
class StreamInput final : public RawInput {
 public:
  explicit StreamInput(int fd) : fd_(fd) {}
  std::string_view at_hand() const override {
    return std::string_view(bytes_.data(), filled_).substr(begin_);
  }
  void consume(std::size_t bytes) override {
    begin_ += bytes;
    consumed_ += bytes;
  }
  bool ended() const override { return ended_; }
  Expected<void> fetch(std::chrono::milliseconds wait) override;
  std::optional<std::uint64_t> total() const override { return std::nullopt; }
  std::uint64_t consumed() const override { return consumed_; }

 private:
  int fd_;
  std::vector<char> bytes_;
  std::size_t begin_ = 0, filled_ = 0;
  std::uint64_t consumed_ = 0;
  bool ended_ = false;
};

}  // namespace blockwatch
