// NDJSON files as a source: partition = index of the file, offset = line number from 0, a blank line is a
// record. Compressed ones (gzip, Zstandard) are read as they are; "-" is standard input.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "pipeline/ports.h"

namespace blockwatch {

/// `as_of` is every record's broker time. `next_offsets`: where to go on, by partition; absent = 0. A file
/// that has fewer lines than its next offset is an error (another file than before): at once where it is
/// plain, else when its end is reached. A compressed file that is damaged or cut off is an error when that
/// place is reached: the lines before it are counted. Progress in bytes, for a progress bar: see bytes_total,
/// bytes_read.
class FileSource : public Source {
 public:
  /// As the files stand there, compressed or not; nothing if standard input is among them. Any thread.
  virtual std::optional<std::uint64_t> bytes_total() const = 0;
  virtual std::uint64_t bytes_read() const = 0;
};

Expected<std::unique_ptr<FileSource>> make_file_source(
    const std::vector<std::string>& paths, TimeNs as_of,
    const std::map<std::uint32_t, std::uint64_t>& next_offsets);

}  // namespace blockwatch
