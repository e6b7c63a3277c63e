// Where generated records go: standard output, a folder, a topic.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/generate/traffic.h"

namespace blockwatch {

/// Thread: one.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual Expected<void> write(const GeneratedRecord& record) = 0;
  /// After the last record: everything is with the receiver when this returns. Needed: the destructor drops
  /// what is left.
  virtual Expected<void> finish() = 0;
};

/// NDJSON, partitions one after the other as they come.
std::unique_ptr<RecordSink> make_stdout_sink();

/// `dir`/p0.ndjson … with a record a line, and pN.ts beside each with the record's broker timestamp (epoch
/// milliseconds) a line. Creates `dir`; files of these names are replaced.
Expected<std::unique_ptr<RecordSink>> make_folder_sink(const std::string& dir, std::uint32_t partitions);

/// Creates the topic if it does not exist.
Expected<std::unique_ptr<RecordSink>> make_topic_sink(const std::string& bootstrap_servers,
                                                      const std::string& topic, std::uint32_t partitions);

}  // namespace blockwatch
