// Everything that the demo needs around the service: a folder that goes away again, an in-process Kafka, and
// a configuration made of the shipped examples.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "config/load.h"
#include "pipeline/kafka/mock_cluster.h"

namespace blockwatch {

/// A folder of its own below the system's temporary one; removed with all that is in it by the destructor.
class TemporaryFolder {
 public:
  static Expected<std::unique_ptr<TemporaryFolder>> make();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Owned by the demo; outlives the service and everything that talks to the cluster.
struct Stage {
  static constexpr const char* kQueryTopic = "nlets.queries";
  static constexpr const char* kAlertTopic = "blockwatch.alerts";
  static constexpr std::uint32_t kPartitions = 4;

  static Expected<std::unique_ptr<Stage>> set();

  std::unique_ptr<TemporaryFolder> folder;
  std::unique_ptr<MockCluster> cluster;
  Configuration configuration;
};

}  // namespace blockwatch
