// The lines of one input as records: a plain file, a compressed one, or standard input.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "pipeline/ports.h"

namespace blockwatch {

/// Line number n is the record at offset n; a last line needs no newline, a blank line is a record. Thread:
/// one.
class LineReader {
 public:
  virtual ~LineReader() = default;
  /// Appends records of the lines that come next, a bounded number of them, each with `partition` and
  /// `broker_time` of `like`. Waits at most `wait` for the first. The payloads are valid until the next call.
  /// None, and not at the end: nothing has come yet, or lines that were counted before were passed over.
  /// An error is final: 75 unreadable or cut off, 65 damaged, or fewer lines than were counted before.
  virtual Expected<void> read(const SourceRecord& like, std::chrono::milliseconds wait,
                              SourceBatch& batch) = 0;
  virtual bool at_end() const = 0;
  /// Of the file as it stands there, compressed or not; no total: standard input.
  virtual std::optional<std::uint64_t> bytes_total() const = 0;
  virtual std::uint64_t bytes_read() const = 0;
};

/// `path` "-": standard input. Whether it is compressed is told by its first bytes; a name in .gz or .zst
/// must be true. The first `next` lines are passed over.
Expected<std::unique_ptr<LineReader>> open_lines(const std::string& path, std::uint64_t next);

}  // namespace blockwatch
